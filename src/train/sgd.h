// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the algorithms of stochastic gradient descent share: settings, the batch in hand, the step with momentum, and
// the state of it all. Arithmetic on parameters here gives the same bits on every processor.

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/field.h"
#include "base/result.h"
#include "train/algorithm.h"
#include "train/sampler.h"
#include "train/schedule.h"

namespace lambdaml {

struct SgdSettings {
  double learning_rate = 0.1;
  std::int64_t batch = 512;
  double epochs = 10;
  double momentum = 0.9;
  ScheduleSettings schedule;
};

Fields Describe(SgdSettings& s);

// Walks through the batches of a task and keeps what a step needs.
class Sgd {
 public:
  Sgd(const SgdSettings& settings, const Task& task);

  const SgdSettings& settings() const { return settings_; }
  std::uint64_t batches_per_epoch() const { return sampler_.batches_per_epoch(); }
  std::uint64_t batches_done() const { return batches_done_; }

  // Sets `gradient` to the sum over this rank's rows of the current batch, of which there may be none.
  Score SumGradient(std::span<const float> parameters, std::span<float> gradient);

  // Ends the current batch: with the gradient summed over `rows` > 0 rows,
  //
  //   g = gradient / rows + gradient of the penalty
  //   v = momentum v + g
  //   parameters = parameters - rate v
  //
  // (Polyak: Some methods of speeding up the convergence of iteration methods, 1964, in the form of Sutskever et al.:
  // On the importance of initialization and momentum in deep learning, ICML 2013, with the rate outside of v).
  void Descend(std::span<float> gradient, double rows, std::span<float> parameters);

  // Ends the current batch without a step.
  void Skip() { ++batches_done_; }

  // Rows of the batch, passes over the data.
  double epoch() const { return static_cast<double>(batches_done_) / static_cast<double>(batches_per_epoch()); }
  bool epoch_ended() const { return batches_done_ % batches_per_epoch() == 0; }

  // kInvalid, the same on every rank, if the loss of a round is not finite.
  Result<void> CheckLoss(double loss, std::uint64_t round) const;

  // The momentum and the position; `rounds` is the caller's own count.
  Bytes Save(std::uint64_t rounds) const;
  // Returns the saved rounds. kInvalid if the state is damaged or of another task.
  Result<std::uint64_t> Restore(ByteSpan state);

 private:
  SgdSettings settings_;
  Task task_;
  Sampler sampler_;
  Schedule schedule_;
  std::uint64_t batches_done_ = 0;
  std::vector<float> velocity_;
  Batch batch_;
};

// kInvalid for a task without rows. The name is for messages.
Result<void> CheckTask(const Task& task, std::string_view algorithm);

}  // namespace lambdaml
