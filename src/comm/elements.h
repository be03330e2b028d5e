// SPDX-License-Identifier: Apache-2.0
#pragma once

// A vector whose element type is known at run time, so that a pattern is written once for all types: it cuts, sends and
// copies bytes, and only the sum looks at the type.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace lambdaml {

// The values are those of the message header (docs/formats/messages.md).
enum class ElementType : std::uint8_t {
  kNothing = 0,  // a message that only says "I am here"
  kByte = 1,
  kFloat32 = 2,
  kFloat64 = 3,
  kFloat16 = 4,  // in blocks with a scale (wire.h)
  kBfloat16 = 5,
  kInt8 = 6,           // in blocks with a scale
  kSparseFloat32 = 7,  // indices and values
};

std::string_view Name(ElementType type);

// Of the types in which vectors are added, and of bytes. The others have no fixed size.
std::size_t ElementBytes(ElementType type);

// Does not own its memory.
struct Elements {
  ElementType type = ElementType::kNothing;
  std::span<std::byte> bytes;

  static Elements Of(std::span<float> values) { return {ElementType::kFloat32, std::as_writable_bytes(values)}; }
  static Elements Of(std::span<double> values) { return {ElementType::kFloat64, std::as_writable_bytes(values)}; }

  std::size_t count() const { return bytes.size() / ElementBytes(type); }

  Elements Slice(std::size_t first, std::size_t length) const {
    const std::size_t size = ElementBytes(type);
    return {type, bytes.subspan(first * size, length * size)};
  }
};

}  // namespace lambdaml
