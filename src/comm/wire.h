// SPDX-License-Identifier: Apache-2.0
#pragma once

// How the elements of a vector travel (docs/formats/messages.md): as they are, rounded to fewer bits, or only those
// that are not zero. Rounding is a step of its own, RoundTo: what Encode is given after it comes out of Decode bit for
// bit, so every rank computes with the same numbers, whether they have travelled or not.
//
// Wires with scales (float16, int8) round blocks of kWireBlock elements, each with a power of two as its scale, so
// neither large nor small values are lost. Vectors are cut only at multiples of kWireBlock.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "comm/elements.h"

namespace lambdaml {

inline constexpr std::size_t kWireBlock = 256;

enum class Wire : std::uint8_t { kFloat32, kFloat16, kBfloat16, kInt8 };

// In what precision sums are made; each is rounded once at its end.
enum class Accumulate : std::uint8_t { kFloat32, kFloat64 };

struct WireFormat {
  Wire wire = Wire::kFloat32;
  bool sparse = true;  // vectors with few non-zeros travel as indices and values; nothing is lost
  Accumulate accumulate = Accumulate::kFloat32;
};

// The elements of a message.
struct Encoded {
  ElementType type = ElementType::kNothing;
  ByteSpan bytes;
  std::size_t elements = 0;  // when decoded
};

// Replaces values of float32 by what a reader will have; does nothing to float64 and for Wire::kFloat32.
void RoundTo(Wire wire, Elements values);

// Appends rounded `values` to `out`, in the shorter form if format.sparse allows two. Returns how they were written.
ElementType Encode(Elements values, const WireFormat& format, Bytes& out);

// The types in which Encode may write elements of this type.
bool MayTravelAs(ElementType of_values, const WireFormat& format, ElementType on_the_wire);

// How many bytes of `bytes` are the `elements` of this type, for what may follow them. kInternal names what is wrong:
// too short, an index that is out of range or not in order, a scale that is no power of two.
Result<std::size_t> CheckEncoded(ElementType type, ByteSpan bytes, std::size_t elements);

// Writes checked elements; those of a float64 vector stay float64, all others become float32.
void Decode(const Encoded& encoded, Elements out);

}  // namespace lambdaml
