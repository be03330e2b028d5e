// SPDX-License-Identifier: Apache-2.0
#pragma once

// The asynchronous exchange. A rank adds up what it has contributed and publishes the total; a reader adds what totals
// have grown by since it last looked. So nothing is lost when a total is never read, nothing counts twice when one is
// read twice, and whoever is late has only the newest to read. Totals are float64 and are never rounded to a wire.
//
// Where ranks may run ahead without a bound, a rank writes its total to its slot, over the one before. Where they may
// not, each total has a key of its own, so that the others can wait for the one that they need; a rank deletes it when
// all others are so far ahead that they need newer ones (Ho et al.: More effective distributed ML via a stale
// synchronous parallel parameter server, NIPS 2013). Either way a constant number of objects is alive.
//
// A generation of totals lasts from the first stale call to the next call that catches up, which sums the totals of all
// ranks once and starts anew.
//
// Used by one thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "comm/communicator.h"
#include "comm/exchange.h"

namespace lambdaml {

class StaleSum {
 public:
  explicit StaleSum(Exchange& exchange) : exchange_(exchange) {}

  // Whether there were stale calls since the last one that caught up.
  bool is_behind() const { return generation_.has_value(); }

  // A call with staleness > 0. kInvalid for a vector of another length than before in this generation.
  Result<void> Fold(const Collective& call, const Contribution& mine);

  // A call with staleness 0 after stale ones. `all_reduce` sums over all ranks, within this call.
  using AllReduce = std::function<Result<void>(std::span<double> values)>;
  Result<void> CatchUp(const Collective& call, const Contribution& mine, const AllReduce& all_reduce);

 private:
  struct Peer {
    std::uint64_t round = 0;     // of its newest total
    std::vector<double> totals;  // empty: none so far
  };

  Result<void> Add(const Contribution& mine);
  Result<void> ExchangeSlots(const Collective& call);
  Result<void> ExchangeTotals(const Collective& call, std::uint64_t staleness);
  Result<void> Publish(const Collective& call, std::uint64_t staleness);
  Result<void> AwaitPeers(const Collective& call, std::uint64_t staleness);
  Result<void> LookForNewer(const Collective& call, std::uint64_t staleness);
  Incoming TotalOf(int sender) const;
  void Take(int sender, const Arrival& total);
  std::uint64_t SlowestPeer() const;
  // Replaces the contribution by how much `sum` is more than what was returned before.
  void Return(std::span<const double> sum, const Contribution& mine);

  Exchange& exchange_;
  std::optional<std::uint64_t> generation_;  // the round of its first call
  bool has_slot_ = false;                    // this rank, in this generation
  std::size_t values_ = 0;                   // the rest of the totals is the tally
  std::vector<double> totals_;               // of this rank
  std::vector<double> returned_;
  std::vector<Peer> peers_;  // by rank
};

}  // namespace lambdaml
