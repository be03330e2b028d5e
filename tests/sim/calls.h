// SPDX-License-Identifier: Apache-2.0
#pragma once

// The calls of one rank and what must hold after each.

#include <set>
#include <vector>

#include "comm/communicator.h"
#include "tests/sim/numbers.h"

namespace lambdaml::sim {

// What the ranks of a job know of each other, apart from what they send.
struct Witness {
  explicit Witness(const Plan& plan) : references(plan), begun(plan.units.size()) {}

  References references;
  std::vector<std::set<int>> begun;  // by unit: the ranks that have begun it
};

// The clock is for thinking between calls.
struct Caller {
  const Plan& plan;
  Witness& witness;
  Clock& clock;
  Communicator& peers;
  Random& thoughts;
};

// Makes the calls of a unit and checks what comes out.
Result<void> DoUnit(const Caller& caller, std::size_t unit);

}  // namespace lambdaml::sim
