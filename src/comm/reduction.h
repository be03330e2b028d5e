// SPDX-License-Identifier: Apache-2.0
#pragma once

// How one pattern sums. The rest of a communicator is the same for all (comm/store_communicator.h).

#include <cstdint>
#include <optional>

#include "comm/round_cost.h"
#include "comm/stripe.h"

namespace lambdaml {

class Reduction {
 public:
  virtual ~Reduction() = default;

  // Replaces the stripe by the canonical sum over all ranks, of which there are at least two, and does not return
  // before every rank has begun the call. Stripes of one call, and of several, may be summed at the same time, on
  // several threads. After an error the stripe is undefined.
  virtual Result<void> AllReduce(Exchange& exchange, const Collective& call, const Stripe& stripe) = 0;

  // How many stripes, or as much of them, the busiest rank holds in memory.
  virtual std::size_t Copies(int ranks) const = 0;

  // The first message that another rank would send, if that can tell a rank that has not come from one that waits
  // itself.
  virtual std::optional<Incoming> FirstMessage(Exchange& exchange, const Collective& call, const Stripe& stripe,
                                               int sender) const = 0;
};

}  // namespace lambdaml
