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
#include "comm/replay.h"

namespace lambdaml {

// Which pattern a call uses. Called in the order of the calls on the communicator's own thread, so whatever is the same
// on every rank by then may decide.
class Chooser {
 public:
  virtual ~Chooser() = default;

  // Before anything of a call with a vector like this begins.
  virtual Result<Reduction*> Choose(Exchange& exchange, const Collective& call, const Elements& values) = 0;

  // The same for a call that is over, by what is in the channel; nullptr if that is not known.
  virtual Result<Reduction*> Recall(Replay& replay, Exchange& exchange, const Collective& call,
                                    const Elements& values) = 0;

  // A call whose pattern was chosen has ended. Of calls that were under way at once it is told in their order.
  virtual void Ended(const Collective& /*call*/) {}

  virtual std::vector<PatternChoice> choices() const { return {}; }
};

// Always the same one.
std::unique_ptr<Chooser> Always(std::unique_ptr<Reduction> reduction);

std::unique_ptr<Communicator> MakeStoreCommunicator(const Membership& membership, std::unique_ptr<Chooser> chooser);

}  // namespace lambdaml
