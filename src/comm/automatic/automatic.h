// SPDX-License-Identifier: Apache-2.0
#pragma once

// Chooses a pattern for each length of vectors: the one whose round costs least, in requests and in the workers' time
// (docs/guide/patterns.md). The last rank measures the channel and its rounds, and publishes the numbers for every
// period of rounds; all ranks choose by a pure function of them. Published once is published for good, so a rank that
// is replaced or runs twice chooses like the others.

#include <memory>
#include <span>
#include <string_view>

#include "comm/channel_speed.h"
#include "comm/store_communicator.h"

namespace lambdaml::automatic {

// What can be chosen.
struct Candidate {
  std::string_view name;
  std::unique_ptr<Reduction> (*make)();
  RoundCost (*cost)(const RoundShape& shape);
};

std::unique_ptr<Chooser> Make(std::span<const Candidate> candidates);

// Of one round at this speed: from the first write to the last read.
double SecondsOf(const RoundCost& cost, const ChannelSpeed& speed);

}  // namespace lambdaml::automatic
