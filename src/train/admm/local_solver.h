// SPDX-License-Identifier: Apache-2.0
#pragma once

// What one rank minimises in a round of ADMM, f_i(x) + r / 2 |x - centre|^2, and how.

#include <memory>
#include <span>
#include <vector>

#include "train/admm/admm.h"
#include "train/quasi_newton.h"

namespace lambdaml::admm {

class LocalLoss final : public Objective {
 public:
  // The task must outlive this.
  explicit LocalLoss(const Task& task) : task_(task), centre_(task.model.parameter_count()) {}

  // The problem of a round, counted from 0: the centre is `consensus` - `dual`, r is `pull`.
  void Begin(std::uint64_t round, std::span<const float> consensus, std::span<const float> dual, double pull);

  Result<double> Evaluate(std::span<const float> parameters, std::span<float> gradient) override;

  // Adds `weight` times the gradient of r / 2 |x - centre|^2.
  void AddPull(std::span<const float> parameters, double weight, std::span<float> gradient) const;

  const Task& task() const { return task_; }
  std::uint64_t round() const { return round_; }
  std::span<const float> centre() const { return centre_; }
  double pull() const { return pull_; }

  // Of this rank's rows, without the pull, at the first evaluation of the round.
  const Score& first_score() const { return first_score_; }

 private:
  const Task& task_;
  std::vector<float> centre_;
  double pull_ = 0;
  std::uint64_t round_ = 0;
  Score first_score_;
  std::int64_t evaluations_ = 0;  // of the round
};

class LocalSolver {
 public:
  virtual ~LocalSolver() = default;

  // Improves `parameters` and evaluates the loss at them first. Returns the passes over this rank's rows.
  virtual Result<double> Minimise(LocalLoss& loss, std::span<float> parameters) = 0;

  virtual Bytes Save() const = 0;
  // kInvalid if it is not that of this solver and task.
  virtual Result<void> Restore(ByteSpan saved) = 0;
};

// The task must outlive the solver.
std::unique_ptr<LocalSolver> MakeLocalSolver(const AdmmSettings& settings, const Task& task);

}  // namespace lambdaml::admm
