// SPDX-License-Identifier: Apache-2.0
#pragma once

// The columns of hashed fields. They are part of the dataset format: the same field and text give the same column in
// every version (docs/formats/dataset.md).

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/text.h"

namespace lambdaml::csv {

// FNV-1a of 64 bits (G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake: The FNV non-cryptographic hash algorithm, 1991) over
// the field's number from 1, as four little-endian bytes, and its text; then SplitMix64's finaliser, because the low
// bits of FNV are weak.
constexpr std::uint64_t HashOf(std::uint32_t field, std::string_view text) {
  constexpr std::uint64_t kPrime = 0x100000001B3U;
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (unsigned shift = 0; shift < 32; shift += 8) hash = (hash ^ (field >> shift & 0xFFU)) * kPrime;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  return Mix(hash);
}

// Counts above 2 by floor(ln(v)^2), each of the others by itself (Y.-C. Juan, Y. Zhuang, W.-S. Chin: 3 Idiots' approach
// for the Display Advertising Challenge, 2014).
inline std::string BinOf(std::int64_t count) {
  if (count <= 2) return StrCat("=", count);
  const double log = std::log(static_cast<double>(count));
  return StrCat(static_cast<long long>(log * log));
}

}  // namespace lambdaml::csv
