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
};

std::string_view Name(ElementType type);

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
