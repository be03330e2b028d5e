// SPDX-License-Identifier: Apache-2.0
#pragma once

// Collective operations among the workers of one job. Every rank makes the same sequence of calls with the same sizes.
//
// Sums follow one canonical order, a fixed binary tree over the ranks (comm/canonical_sum.h), so a result is the same
// bits for every pattern and channel, whatever arrives first. A contribution counts once. Every wait has a deadline and
// its error (kTimeout) says which ranks are missing. A Communicator is used by one thread.
//
//   TRY(peers.AllReduce(gradient));   // every rank now holds the sum over all ranks

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "comm/flight_recorder.h"

namespace lambdaml {

// What a rank brings to a sum; it is replaced by the sum.
struct Contribution {
  std::span<float> values;

  // A few numbers that travel in the same messages and are summed likewise. Never rounded, however `values` travel.
  std::span<double> tally = {};

  // 0: the sum of this call over all ranks. More: what has come by now, which is this rank's own contribution and those
  // of the others that it has not had yet, at least all that are this many calls old; the call waits for no others.
  // Whatever a rank has not had comes with a later call, each contribution exactly once; a call with 0 brings all of
  // it.
  std::uint64_t staleness = 0;
};

inline constexpr std::uint64_t kAnyStaleness = UINT64_MAX;

// Which pattern has summed vectors of one length from some call on, where the job leaves it to measurements.
struct PatternChoice {
  std::uint64_t round = 0;  // the first call with this choice
  std::uint64_t elements = 0;
  std::string pattern;
  std::string reason;  // for people: the estimates that were compared
};

struct CommunicatorUse {
  std::uint64_t rounds = 0;  // collective calls so far
  std::vector<PatternChoice> choices;
  std::vector<FlightRecord> last_calls;  // the oldest first
};

class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;

  // The number of the next collective call. All ranks number their calls alike.
  virtual std::uint64_t next_round() const = 0;

  // Replaces values and tally by the sums over all ranks, in the canonical order.
  virtual Result<void> AllReduce(const Contribution& mine) = 0;
  virtual Result<void> AllReduce(std::span<double> values) = 0;
  Result<void> AllReduce(std::span<float> values) { return AllReduce(Contribution{.values = values}); }

  // Begins AllReduce(mine) with staleness 0 and returns; the call goes on beside the caller, who must leave the spans
  // alone until Finish. Several may be under way at once, as for the layers of a deep model.
  virtual void Start(const Contribution& mine) = 0;

  // Returns when everything that was started has ended, with the first error. Every other call finishes first.
  virtual Result<void> Finish() = 0;

  // Replaces `bytes` of every rank by those of `root`. Sizes may differ.
  virtual Result<void> Broadcast(Bytes& bytes, int root) = 0;

  // Returns when every rank has called it.
  virtual Result<void> Barrier() = 0;

  // If this rank takes over from another incarnation and the result of the next call, an AllReduce of `mine` with
  // staleness 0, is known already: takes it, counts it as that call, and returns true. Else returns false, and nothing
  // has happened. So whatever leads to a contribution need not be computed again. Costs nothing where nobody takes
  // over.
  virtual Result<bool> Recall(const Contribution& mine) = 0;

  // Nobody will take over at a call below `round`: what was kept of the results of such calls may go.
  virtual void Forget(std::uint64_t round) = 0;

  virtual CommunicatorUse use() const = 0;
};

// Replaces `values` by their mean over all ranks, each weighted by its `weight` >= 0, such as its number of rows:
// sum(weight values) / sum(weight). If all weights are 0, by zeros.
Result<void> WeightedMean(Communicator& peers, std::span<float> values, double weight);

}  // namespace lambdaml
