// SPDX-License-Identifier: Apache-2.0
#include "train/admm/local_solver.h"

#include <algorithm>

#include "train/state_bytes.h"

namespace lambdaml::admm {

namespace {

// Of the first gradient of a round: what is more exact than this, the next round makes wrong again.
constexpr double kLocalTolerance = 1e-2;

// L-BFGS that keeps the curvature from round to round: the next problem differs by a linear function, and by a change
// of r that is known.
class LbfgsSolver final : public LocalSolver {
 public:
  LbfgsSolver(const AdmmSettings& settings, const Task& task)
      : evaluations_max_(settings.local_epochs),
        minimiser_({.memory = 10, .tolerance = kLocalTolerance, .gain = 1}, {}, task.model.parameter_count()) {}

  Result<double> Minimise(LocalLoss& loss, std::span<float> parameters) override {
    minimiser_.Restart();
    if (pull_ > 0 && pull_ != loss.pull()) minimiser_.AddCurvature(loss.pull() - pull_);
    pull_ = loss.pull();
    std::int64_t evaluations = 0;
    auto end = Iteration::End::kDescended;
    while (end == Iteration::End::kDescended && evaluations < evaluations_max_) {
      const Iteration iteration = TRY(minimiser_.Step(loss, parameters));
      evaluations += iteration.evaluations;
      end = iteration.end;
    }
    return static_cast<double>(evaluations);
  }

  Bytes Save() const override { return Joined({BytesOf(pull_), minimiser_.Save()}); }

  Result<void> Restore(ByteSpan saved) override {
    if (saved.size() < sizeof pull_) return Error{Code::kInvalid, "state of the local solver: cut off"};
    TRY(minimiser_.Restore(saved.subspan(sizeof pull_)));
    std::memcpy(&pull_, saved.data(), sizeof pull_);
    return {};
  }

 private:
  std::int64_t evaluations_max_;
  QuasiNewton minimiser_;
  double pull_ = 0;  // of the curvature that is kept
};

// Steps of SGD from this rank's rows of each batch, on the mean loss of the rank's rows: that is its problem times
// all rows / its rows.
class SgdSolver final : public LocalSolver {
 public:
  SgdSolver(const AdmmSettings& settings, const Task& task)
      : local_epochs_(settings.local_epochs),
        sampler_(task, static_cast<std::uint64_t>(settings.sgd.batch)),
        schedule_(settings.sgd.schedule, BaseRate(settings.sgd), EpochsOfSteps(settings)),
        optimizer_(settings.sgd.optimizer, {}, task.model.parameter_count()),
        gradient_(task.model.parameter_count()) {}

  Result<double> Minimise(LocalLoss& loss, std::span<float> parameters) override {
    TRY(loss.Evaluate(parameters, gradient_));
    if (loss.task().rows.rows() == 0) {
      std::ranges::copy(loss.centre(), parameters.begin());
      return 0;
    }
    const std::uint64_t batches = sampler_.batches_per_epoch() * static_cast<std::uint64_t>(local_epochs_);
    const std::uint64_t first = loss.round() * batches;
    for (std::uint64_t batch = first; batch < first + batches; ++batch) Descend(loss, batch, parameters);
    return static_cast<double>(1 + local_epochs_);
  }

  Bytes Save() const override { return optimizer_.Save(); }
  Result<void> Restore(ByteSpan saved) override { return optimizer_.Restore(saved); }

 private:
  // One pass of each round evaluates.
  static double EpochsOfSteps(const AdmmSettings& settings) {
    const auto local = static_cast<double>(settings.local_epochs);
    return settings.sgd.epochs * local / (local + 1);
  }

  void Descend(const LocalLoss& loss, std::uint64_t number, std::span<float> parameters) {
    const Task& task = loss.task();
    batch_.Clear();
    batch_.columns = task.rows.columns;
    for (const std::uint32_t row : sampler_.Rows(number)) batch_.Append(task.rows, row);
    if (batch_.rows() == 0) return;
    std::fill(gradient_.begin(), gradient_.end(), 0.0F);
    const Score score = task.model.AddGradient(parameters, batch_, gradient_);
    const auto share = static_cast<float>(1 / score.rows);
    for (float& g : gradient_) g *= share;
    loss.AddPull(parameters, static_cast<double>(task.total_rows) / static_cast<double>(task.rows.rows()), gradient_);
    optimizer_.Step(gradient_, schedule_.RateAt(number, sampler_.batches_per_epoch()), parameters);
  }

  std::int64_t local_epochs_;
  Sampler sampler_;
  Schedule schedule_;
  Optimizer optimizer_;
  std::vector<float> gradient_;
  Batch batch_;
};

}  // namespace

void LocalLoss::Begin(std::uint64_t round, std::span<const float> consensus, std::span<const float> dual, double pull) {
  for (std::size_t i = 0; i < centre_.size(); ++i) centre_[i] = consensus[i] - dual[i];
  pull_ = pull;
  round_ = round;
  evaluations_ = 0;
}

Result<double> LocalLoss::Evaluate(std::span<const float> parameters, std::span<float> gradient) {
  std::fill(gradient.begin(), gradient.end(), 0.0F);
  const Score score = task_.rows.rows() == 0 ? Score{} : task_.model.AddGradient(parameters, task_.rows, gradient);
  if (evaluations_++ == 0) first_score_ = score;
  const auto total = static_cast<double>(task_.total_rows);
  const auto share = static_cast<float>(1 / total);
  for (float& g : gradient) g *= share;
  AddPull(parameters, 1, gradient);
  double squares = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double distance = static_cast<double>(parameters[i]) - static_cast<double>(centre_[i]);
    squares += distance * distance;
  }
  return score.loss / total + pull_ / 2 * squares;
}

void LocalLoss::AddPull(std::span<const float> parameters, double weight, std::span<float> gradient) const {
  const auto pull = static_cast<float>(weight * pull_);
  for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] += pull * (parameters[i] - centre_[i]);
}

std::unique_ptr<LocalSolver> MakeLocalSolver(const AdmmSettings& settings, const Task& task) {
  if (settings.solver == "sgd") return std::make_unique<SgdSolver>(settings, task);
  return std::make_unique<LbfgsSolver>(settings, task);
}

}  // namespace lambdaml::admm
