// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which rows are held out of training: a pure function of the seed and the row's number within its split, the same for
// any number of workers, any batch size and any order.

#include <cstdint>

#include "base/random.h"

namespace lambdaml {

// True for a `fraction` (0 to 1) of the rows on average.
constexpr bool HeldOut(std::uint64_t seed, std::uint64_t row, double fraction) {
  constexpr std::uint64_t kPurpose = 0x686F6C646F757421ULL;  // apart from other uses of the same seed
  return static_cast<double>(Mix(Mix(kPurpose, seed), row) >> 11U) * 0x1.0p-53 < fraction;
}

}  // namespace lambdaml
