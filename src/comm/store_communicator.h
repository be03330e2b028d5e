// SPDX-License-Identifier: Apache-2.0
#pragma once

// A Communicator over a Store: everything but the way in which a pattern sums. A pattern is a Reduction. A job of one
// rank touches no store at all.

#include <memory>

#include "comm/communicator.h"
#include "comm/exchange.h"

namespace lambdaml {

// How one pattern does an all-reduce among at least two ranks.
class Reduction {
 public:
  virtual ~Reduction() = default;

  // Replaces `values` by the canonical sum over all ranks, and does not return before every rank has begun the call.
  // After an error `values` are undefined.
  virtual Result<void> AllReduce(Exchange& exchange, const Call& call, Elements values) = 0;
};

std::unique_ptr<Communicator> MakeStoreCommunicator(const Membership& membership, std::unique_ptr<Reduction> reduction);

}  // namespace lambdaml
