// SPDX-License-Identifier: Apache-2.0
#pragma once

// A Communicator over a Store: everything but the way in which a pattern sums. A job of one rank touches no store at
// all.

#include <memory>
#include <string>
#include <vector>

#include "comm/communicator.h"
#include "comm/membership.h"
#include "comm/reduction.h"

namespace lambdaml {

// Which pattern a call uses. Called in the order of the calls on the communicator's own thread, so whatever is the same
// on every rank by then may decide.
class Chooser {
 public:
  virtual ~Chooser() = default;

  // Before anything of a call with a vector like this begins.
  virtual Result<Reduction*> Choose(Exchange& exchange, const Collective& call, const Elements& values) = 0;

  // A few numbers that are summed over all ranks with the tally of the next call, and the sums when it has ended.
  virtual std::vector<double> Measured(const Exchange& /*exchange*/) { return {}; }
  virtual void Agreed(const Collective& /*call*/, std::span<const double> /*sums*/) {}

  virtual std::vector<PatternChoice> choices() const { return {}; }
};

// Always the same one.
std::unique_ptr<Chooser> Always(std::unique_ptr<Reduction> reduction);

std::unique_ptr<Communicator> MakeStoreCommunicator(const Membership& membership, std::unique_ptr<Chooser> choice);

}  // namespace lambdaml
