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

#include "base/bytes.h"
#include "base/result.h"

namespace lambdaml {

struct CommunicatorUse {
  std::uint64_t rounds = 0;  // collective calls so far
};

class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;

  // Replaces `values` by the sum over all ranks, in the canonical order.
  virtual Result<void> AllReduce(std::span<float> values) = 0;
  virtual Result<void> AllReduce(std::span<double> values) = 0;

  // Replaces `bytes` of every rank by those of `root`. Sizes may differ.
  virtual Result<void> Broadcast(Bytes& bytes, int root) = 0;

  // Returns when every rank has called it.
  virtual Result<void> Barrier() = 0;

  virtual CommunicatorUse use() const = 0;
};

}  // namespace lambdaml
