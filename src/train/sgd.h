// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the algorithms of stochastic gradient descent share: settings, the batch in hand, the step, what a round
// exchanges, and the state of it all. Arithmetic on parameters here gives the same bits on every processor.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/field.h"
#include "base/result.h"
#include "train/algorithm.h"
#include "train/optimizer.h"
#include "train/sampler.h"
#include "train/schedule.h"

namespace lambdaml {

struct SgdSettings {
  double learning_rate = 0;
  std::int64_t batch = 512;
  double epochs = 10;
  OptimizerSettings optimizer;
  ScheduleSettings schedule;
};

Fields Describe(SgdSettings& s);

// The rate before its schedule: learning_rate, or what suits the optimizer.
double BaseRate(const SgdSettings& settings);

enum class Unit { kParameters, kGradients };

// What a rank brings to a round.
struct RoundPart {
  std::span<float> values;  // become their sum over the ranks
  std::span<const float> parameters;
  double share = 1;  // in what is applied, of each 1 in `values` if all ranks brought the same
  Score score;
  std::uint64_t batches_done = 0;  // after the round
};

// Walks through the batches of a task and keeps what a step needs.
class Sgd {
 public:
  // `unit` is that of the values that ranks bring to a round.
  Sgd(const SgdSettings& settings, const Task& task, Unit unit);

  const SgdSettings& settings() const { return settings_; }
  std::uint64_t batches_per_epoch() const { return sampler_.batches_per_epoch(); }
  std::uint64_t batches_done() const { return batches_done_; }

  // Sets `gradient` to the sum over this rank's rows of the current batch, of which there may be none.
  Score SumGradient(std::span<const float> parameters, std::span<float> gradient);

  // Ends the current batch with a step from the gradient summed over `rows` > 0 rows (train/optimizer.h).
  void Descend(std::span<float> gradient, double rows, std::span<float> parameters);

  // Ends the current batch without a step.
  void Skip() { ++batches_done_; }

  // The one collective call of a round: adds values, of which the filter may keep some back, score and vote over the
  // ranks.
  Result<Round> Exchange(Communicator& peers, const RoundPart& mine, const Vote& vote);

  // The round that Exchange would make of `values` that stand for the current batch, if its result is known already
  // (Communicator::Recall): then the values are their sum. Nothing if this rank has to bring its part; always with
  // staleness or with a filter, in which what a rank brings leaves traces.
  Result<std::optional<Round>> Recall(Communicator& peers, std::span<float> values);

  // Of the current batch.
  float rate() const { return schedule_.RateAt(batches_done_, batches_per_epoch()); }

  // Of `batches` batches over all ranks, on average.
  double MeanRows(std::uint64_t batches) const;

  // What a sum over the rows of a round is to be divided by: their number. With staleness there are parts of other
  // rounds in the sum, and each must count the same on every rank, whenever it comes: so it is the mean number.
  double RowsOf(const Round& round, std::uint64_t batches) const;

  // To be called at the end of a round. Ranks that have had the same contributions in another order differ by rounding
  // and by the age of each: after a round that caught up all go on from the parameters of rank 0. What the
  // optimizer keeps stays each rank's own.
  Result<void> Agree(Communicator& peers, const Round& round, std::span<float> parameters) const;

  // Shared is the position; and the optimizer's state, if all ranks make the same steps. Else that is each rank's own,
  // as what the filter has kept back always is.
  AlgorithmState Save() const;
  // As of an algorithm: without `own`, the optimizer of a rank that steps alone starts anew, and nothing is kept back.
  Result<void> Restore(ByteSpan shared, std::optional<ByteSpan> own);

 private:
  void Gather(std::uint64_t number);
  Result<void> Sum(Communicator& peers, const Contribution& mine, std::uint64_t next_batch);
  double EpochAfter(std::uint64_t batches) const;
  bool CatchesUp(std::uint64_t batches_done) const;
  Round RoundOf(std::span<const double> tally, std::uint64_t batches_done);
  void KeepBack(const RoundPart& mine);
  bool StepsTogether() const { return unit_ == Unit::kGradients && task_.staleness == 0; }
  Result<void> RestoreOwn(ByteSpan own);

  SgdSettings settings_;
  Task task_;
  Unit unit_;
  Sampler sampler_;
  Schedule schedule_;
  std::uint64_t batches_done_ = 0;
  std::uint64_t rounds_ = 0;
  Optimizer optimizer_;
  std::unique_ptr<Filter> filter_;  // none: everything is sent
  std::vector<float> reference_;    // the parameters in the unit of what is sent
  Batch batch_;
  std::uint64_t gathered_ = UINT64_MAX;  // the number of what is in batch_
};

// kInvalid for a task without rows, or with a model of clusters. The name is for messages.
Result<void> CheckTask(const Task& task, std::string_view algorithm);

}  // namespace lambdaml
