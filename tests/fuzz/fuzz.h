// SPDX-License-Identifier: Apache-2.0
#pragma once

// A fuzzer feeds any bytes to parsers of untrusted input; they must answer with a value or an error. Inputs that once
// broke something are kept in tests/fuzz/corpus/NAME and run first.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace lambdaml::fuzz {

// What the fuzzer asks of every parser: call it, and do not care which way it answers.
template <class Outcome>
void Ignore(const Outcome& outcome) {
  static_cast<void>(outcome.ok());
}

inline std::string_view Text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline Blob Copy(const std::uint8_t* data, std::size_t size) { return Blob(ToBytes(AsBytes(Text(data, size)))); }

}  // namespace lambdaml::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
