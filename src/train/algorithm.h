// SPDX-License-Identifier: Apache-2.0
#pragma once

// An algorithm improves parameters round by round: local work on this rank's rows, Communicator calls, new parameters.
// Used by one thread.
//
// Every rank holds the same parameters after each round that catches up. With staleness 0 these are all rounds. With
// more, a rank goes on with what has come so far; the round that ends an epoch, and the one that ends the training,
// catches up: it waits for everything, and the ranks then go on from the same parameters.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/field.h"
#include "base/result.h"
#include "comm/communicator.h"
#include "comm/filter.h"
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
  std::uint64_t staleness = 0;   // rounds that a rank may run ahead of the others (Contribution::staleness)
  std::uint64_t rounds_max = 0;  // training ends with this round at the latest; 0: no limit
  FilterSettings filter = {};    // of what this rank brings to a round
};

// This rank's word to all others (0: go on). Asked for when it travels, in a round that catches up.
using Vote = std::function<std::int64_t()>;

// What one round did. A score whose loss is not finite says that training diverged. The same on every rank, but for the
// score with staleness: there it is of what has come in this round, and only over an epoch the same rows on every rank.
struct Round {
  Score score;       // over all ranks, of the rows that this round used; before the update (lbfgs: after)
  double epoch = 0;  // passes over the data so far, after this round
  bool epoch_ended = false;
  bool caught_up = true;
  bool converged = false;                                  // by the algorithm's own test: more rounds change nothing
  std::vector<std::pair<std::string, double>> measures{};  // of the algorithm (residuals, movement), for the curve
  std::int64_t votes = 0;                                  // sum over the ranks; 0 unless caught up
};

// Everything that Step depends on besides parameters and task, for checkpoints.
struct AlgorithmState {
  Bytes shared;  // the same bits on every rank after a round that caught up
  Bytes own;     // of this rank alone (its optimizer, its duals, what its filter has kept back); may be empty
};

// Of an algorithm whose whole state is shared, that which it may be given back.
inline bool IsEmpty(const std::optional<ByteSpan>& own) { return !own || own->empty(); }

// Seconds that the algorithm spent in its own arithmetic are measured by the caller, who wraps the Communicator.
class Algorithm {
 public:
  virtual ~Algorithm() = default;

  // One round; the vote travels with its messages.
  virtual Result<Round> Step(Communicator& peers, std::span<float> parameters, const Vote& vote) = 0;

  // Epochs asked for; the trainer stops there. What one round counts is in Round::epoch.
  virtual double epochs() const = 0;

  // Between two rounds.
  virtual AlgorithmState Save() const = 0;

  // Before the first round: goes on where the saved state was. Without `own`, as when the number of ranks has changed,
  // this rank begins its own part anew from the shared one, and converges to the same optimum. kInvalid if the state
  // is damaged or of another task.
  virtual Result<void> Restore(ByteSpan shared, std::optional<ByteSpan> own) = 0;
};

}  // namespace lambdaml
