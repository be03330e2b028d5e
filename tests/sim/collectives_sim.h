// SPDX-License-Identifier: Apache-2.0
#pragma once

// One simulated job of collective calls, from a seed. It must give every rank the right sums whatever happens to
// requests and processes, must end, and may leave only a constant number of objects for each rank.

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/plan.h"

namespace lambdaml::sim {

struct Outcome {
  Result<void> result;
  std::uint64_t fingerprint = 0;  // of the schedule
  std::uint64_t steps = 0;
  double seconds = 0;  // virtual
  FaultCounts faults;
  std::vector<std::string> last_steps;
};

Outcome SimulateCollectives(const Plan& plan);

// Several lines: the last steps, the faults, the outcome.
std::string ToText(const Outcome& outcome);

}  // namespace lambdaml::sim
