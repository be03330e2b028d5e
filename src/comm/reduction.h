// SPDX-License-Identifier: Apache-2.0
#pragma once

// How one pattern sums. The rest of a communicator is the same for all (comm/store_communicator.h).

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "comm/outcome.h"
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

  // All that this rank writes in a call. As long as it has not, the stripe has no outcome.
  virtual std::vector<Outgoing> Written(const Exchange& exchange, const Stripe& stripe) const = 0;

  // Where the sum is when the call is over: it then is there until it is forgotten, and as soon as all of it is there
  // nobody needs anything of this rank any more.
  virtual std::vector<Outcome> Outcomes(const Exchange& exchange, const Stripe& stripe) const = 0;
};

// A vector to be summed, and what its call knows of it.
struct VectorSum {
  Collective call;
  Reduction* reduction = nullptr;
  Elements values;
  std::span<double> tally{};
};

// How the vector is cut; at least one stripe.
std::vector<Stripe> StripesOf(const Exchange& exchange, const VectorSum& sum);

}  // namespace lambdaml
