// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sums that travel behind a gradient or a model in the same message of floats, so that a round needs one collective
// call. Counts are split into two slots of 12 bits and above: exact up to 2^36 over 4,096 ranks.

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/model.h"

namespace lambdaml {

inline constexpr std::size_t kTallySlots = 6;

struct Tally {
  Score score;
  std::int64_t votes = 0;  // exact up to 2^24
};

void WriteTally(const Tally& tally, std::span<float> slots);

// Of slots that were added elementwise over the ranks: the sum of the tallies.
Tally ReadTally(std::span<const float> slots);

}  // namespace lambdaml
