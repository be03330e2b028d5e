// SPDX-License-Identifier: Apache-2.0
#include "train/lbfgs/lbfgs.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "train/quasi_newton.h"
#include "train/sgd.h"
#include "train/state_bytes.h"

namespace lambdaml::lbfgs {

namespace {

// The mean loss over all ranks and the smooth part of the penalty.
class GlobalLoss final : public Objective {
 public:
  GlobalLoss(const Task& task, Communicator& peers, const Vote& vote)
      : task_(task), peers_(peers), vote_(vote), smooth_(task.model.penalty()) {
    smooth_.l1 = 0;
  }

  Result<double> Evaluate(std::span<const float> parameters, std::span<float> gradient) override {
    const bool first = evaluations_++ == 0;
    std::array<double, 5> tally{};
    if (!TRY(peers_.Recall({.values = gradient, .tally = tally}))) {
      std::fill(gradient.begin(), gradient.end(), 0.0F);
      const Score own = task_.rows.rows() == 0 ? Score{} : task_.model.AddGradient(parameters, task_.rows, gradient);
      tally = {own.loss, own.correct, own.squares, own.rows, first ? static_cast<double>(vote_()) : 0};
      TRY(peers_.AllReduce(Contribution{.values = gradient, .tally = tally}));
    }
    score_ = {.loss = tally[0], .correct = tally[1], .squares = tally[2], .rows = tally[3]};
    votes_ += static_cast<std::int64_t>(tally[4]);
    const auto share = static_cast<float>(1 / score_.rows);
    for (float& g : gradient) g *= share;
    smooth_.AddSmoothGradient(parameters, 1, gradient);
    return score_.loss / score_.rows + smooth_.ValueAt(parameters);
  }

  // Of the last evaluation.
  const Score& score() const { return score_; }
  // Of the round: they travel with its first evaluation.
  std::int64_t votes() const { return votes_; }

 private:
  const Task& task_;
  Communicator& peers_;
  const Vote& vote_;
  Penalty smooth_;
  Score score_;
  std::int64_t votes_ = 0;
  std::int64_t evaluations_ = 0;
};

struct LbfgsHeader {
  std::uint32_t magic = 0x5346424C;  // "LBFS"
  std::uint32_t version = 1;
  std::int64_t evaluations = 0;
  Score score;
};

class Lbfgs final : public Algorithm {
 public:
  Lbfgs(const LbfgsSettings& settings, const Task& task)
      : settings_(settings),
        task_(task),
        minimiser_({.memory = static_cast<std::size_t>(settings.memory), .tolerance = settings.tolerance},
                   task.model.penalty(), task.model.parameter_count()) {}

  Result<Round> Step(Communicator& peers, std::span<float> parameters, const Vote& vote) override {
    GlobalLoss loss(task_, peers, vote);
    const Iteration iteration = TRY(minimiser_.Step(loss, parameters));
    evaluations_ += iteration.evaluations;
    if (iteration.evaluations > 0) score_ = loss.score();
    return Round{.score = score_,
                 .epoch = static_cast<double>(evaluations_),
                 .epoch_ended = true,
                 .converged = iteration.end == Iteration::End::kConverged,
                 .measures = {{"gradient_norm", iteration.gradient_norm},
                              {"step", iteration.step},
                              {"evaluations", static_cast<double>(iteration.evaluations)}},
                 .votes = loss.votes()};
  }

  double epochs() const override { return settings_.epochs; }

  AlgorithmState Save() const override {
    const LbfgsHeader header{.evaluations = evaluations_, .score = score_};
    return {.shared = Joined({BytesOf(header), minimiser_.Save()}), .own = {}};
  }

  Result<void> Restore(ByteSpan shared, std::optional<ByteSpan> own) override {
    const LbfgsHeader header = TRY(HeaderOf<LbfgsHeader>(shared, "L-BFGS"));
    if (!IsEmpty(own)) return Error{Code::kInvalid, "state of the algorithm: L-BFGS has nothing of one rank alone"};
    TRY(minimiser_.Restore(shared.subspan(sizeof header)));
    evaluations_ = header.evaluations;
    score_ = header.score;
    return {};
  }

 private:
  LbfgsSettings settings_;
  Task task_;
  QuasiNewton minimiser_;
  std::int64_t evaluations_ = 0;
  Score score_;
};

Result<void> CheckSuits(const Task& task) {
  TRY(CheckTask(task, "lbfgs"));
  if (!task.model.smooth()) {
    return Error{Code::kInvalid,
                 "algorithm lbfgs: the loss of this model has kinks, which its gradients do not show; choose "
                 "loss: squared_hinge, or algorithm ga_sgd"};
  }
  if (task.staleness > 0) {
    return Error{Code::kInvalid, "algorithm lbfgs: every rank must know the whole gradient; choose sync: bsp"};
  }
  if (task.filter.kind != "none") {
    return Error{Code::kInvalid, StrCat("algorithm lbfgs: its line search needs whole gradients, and filter ",
                                        task.filter.kind, " leaves parts out; choose filter: none")};
  }
  return {};
}

}  // namespace

Fields Describe(LbfgsSettings& s) {
  return {
      {"epochs", s.epochs, "most passes over the training rows, one for each gradient", {.min = 1, .max = 1e9}},
      {"memory", s.memory, "past steps that the curvature is estimated from", {.min = 1, .max = 1000}},
      {"tolerance",
       s.tolerance,
       "converged when the gradient is this many times as long as the first one",
       {.min = 0, .max = 0.1}},
  };
}

Result<std::unique_ptr<Algorithm>> Make(const Choice& choice, const Task& task) {
  LbfgsSettings settings;
  TRY(Apply(choice, Describe(settings), "algorithm lbfgs"));
  TRY(CheckSuits(task));
  return std::unique_ptr<Algorithm>(std::make_unique<Lbfgs>(settings, task));
}

}  // namespace lambdaml::lbfgs
