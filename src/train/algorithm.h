// SPDX-License-Identifier: Apache-2.0
#pragma once

// An algorithm improves parameters round by round: local work on this rank's rows, Communicator calls, new parameters.
// Every rank holds the same parameters after each round. Used by one thread.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/field.h"
#include "base/result.h"
#include "comm/communicator.h"
#include "data/batch.h"
#include "model/model.h"

namespace lambdaml {

// What the ranks work on. Everything must outlive the algorithm.
struct Task {
  const Model& model;
  const Batch& rows;             // this rank's training rows, in order
  std::uint64_t first_row = 0;   // the index of rows[0] among all training rows of the job
  std::uint64_t total_rows = 0;  // training rows of all ranks
  std::uint64_t seed = 0;        // the same on every rank
};

// What one round did, the same on every rank.
struct Round {
  Score score;       // over all ranks, before the update, of the rows that this round used
  double epoch = 0;  // passes over the data so far, after this round
  bool epoch_ended = false;
  std::int64_t votes = 0;  // sum over the ranks of what they passed as `vote`
};

// Seconds that the algorithm spent in its own arithmetic are measured by the caller, who wraps the Communicator.
class Algorithm {
 public:
  virtual ~Algorithm() = default;

  // One round. `vote` is this rank's word to all others (0: go on); it travels with the round's own messages.
  virtual Result<Round> Step(Communicator& peers, std::span<float> parameters, std::int64_t vote) = 0;

  // Epochs asked for; the trainer stops there.
  virtual double epochs() const = 0;

  // Everything that Step depends on besides parameters and task (momentum, position), for checkpoints.
  virtual Bytes Save() const = 0;
  virtual Result<void> Restore(ByteSpan state) = 0;
};

}  // namespace lambdaml
