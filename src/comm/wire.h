// SPDX-License-Identifier: Apache-2.0
#pragma once

// How the elements of a vector travel (docs/formats/messages.md): as they are, rounded to fewer bits, or only those
// that are not zero. Rounding is a step of its own, RoundTo: what Encode is given after it comes out of Decode bit for
// bit, so every rank computes with the same numbers, whether they have travelled or not. All of this gives the same
// bits on every processor.
//
// Wires with scales (float16, int8) round blocks of kWireBlock elements, each with the smallest power of two as its
// scale with which the block's largest magnitude fits, so neither large nor small values are lost. What is not finite
// stays so: int8 and its readers make NaN of it, the others keep infinities, too. Vectors are cut only at multiples of
// kWireBlock.

#include <cstddef>
#include <cstdint>
#include <span>

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

// The elements of a message. Does not own its memory, whose alignment nobody promises.
struct Encoded {
  ElementType type = ElementType::kNothing;
  ByteSpan bytes;
  std::size_t elements = 0;  // when decoded

  // Values as they are.
  static Encoded Of(std::span<const float> values) {
    return {ElementType::kFloat32, std::as_bytes(values), values.size()};
  }
  static Encoded Of(std::span<const double> values) {
    return {ElementType::kFloat64, std::as_bytes(values), values.size()};
  }
  static Encoded Of(const Elements& values) { return {values.type, values.bytes, values.count()}; }
};

// Replaces values of float32 by what a reader will have; does nothing to other types and for Wire::kFloat32.
void RoundTo(Wire wire, Elements values);

// Appends rounded `values` to `out`, in the shorter form if format.sparse allows two. Returns how they were written.
ElementType Encode(Elements values, const WireFormat& format, Bytes& out);

// Whether Encode may write elements of type `of_values` as `on_the_wire`.
bool MayTravelAs(ElementType of_values, const WireFormat& format, ElementType on_the_wire);

// How many bytes of `bytes` are the `elements` of this type, for what may follow them. kInternal names what is wrong:
// too short, an index that is out of range or not in order, a scale that is no power of two.
Result<std::size_t> CheckEncoded(ElementType type, ByteSpan bytes, std::size_t elements);

// Writes checked elements; those of a float64 vector stay float64, bytes stay bytes, all others become float32.
void Decode(const Encoded& encoded, Elements out);

// Decodes in steps: each call of Next writes the elements that follow those before. Every step but the last is a
// multiple of kWireBlock elements.
class Decoder {
 public:
  explicit Decoder(const Encoded& encoded) : encoded_(encoded) {}

  void Next(Elements out);

 private:
  Encoded encoded_;
  std::size_t position_ = 0;
  std::size_t nonzeros_ = 0;  // of a sparse vector, before the position
};

}  // namespace lambdaml
