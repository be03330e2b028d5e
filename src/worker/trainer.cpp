// SPDX-License-Identifier: Apache-2.0
#include "worker/trainer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "worker/metrics.h"
#include "worker/stop_rule.h"

namespace lambdaml {

namespace {

bool IsFinite(const Score& score) { return std::isfinite(score.loss); }

class Trainer {
 public:
  Trainer(const TrainerParts& parts, const TrainerHooks& hooks, std::span<float> parameters)
      : parts_(parts),
        hooks_(hooks),
        parameters_(parameters),
        rule_(parts.spec.stop, parts.algorithm.epochs()),
        begin_(parameters.begin(), parameters.end()),
        best_(begin_),
        began_(parts.clock.Now()) {}

  Result<Trained> Run() {
    std::optional<Ending> ending;
    while (!ending) ending = TRY(OneRound());
    trained_.ending = *ending;
    if (ending == Ending::kDiverged) std::copy(best_.begin(), best_.end(), parameters_.begin());
    trained_.train = TRY(EvaluateOn(parts_.share.train));
    if (parts_.share.test_rows > 0) {
      trained_.test = ending == Ending::kDiverged ? TRY(EvaluateOn(parts_.share.test)) : trained_.curve.back().test;
    }
    return std::move(trained_);
  }

 private:
  Result<std::optional<Ending>> OneRound() {
    const Round round = TRY(parts_.algorithm.Step(parts_.peers, parameters_, hooks_.vote));
    ++trained_.rounds;
    trained_.epochs = round.epoch;
    epoch_score_.Add(round.score);
    if (parts_.spec.sync == "bsp" && !IsFinite(round.score)) return std::optional(Ending::kDiverged);
    std::optional<Ending> ending;
    if (round.caught_up) ending = rule_.AfterRound(round, trained_.rounds);
    if (!ending && !round.epoch_ended) {
      if (hooks_.round_is_due()) hooks_.after_round(Point(round.score));
      return ending;
    }
    const std::optional<Ending> by_loss = TRY(EndEpoch(round, ending.has_value()));
    return ending && by_loss != Ending::kDiverged ? ending : by_loss;
  }

  // Draws a point of the curve; evaluates on the test rows if it is time to.
  Result<std::optional<Ending>> EndEpoch(const Round& round, bool last) {
    if (parts_.spec.sync != "bsp") TRY(AgreeOnScore());
    if (!IsFinite(epoch_score_)) return std::optional(Ending::kDiverged);
    CurvePoint point = Point(epoch_score_);
    point.measures.insert(round.measures.begin(), round.measures.end());
    epoch_score_ = {};
    KeepIfBest(point.loss);
    ++epochs_drawn_;
    const bool evaluate = last || epochs_drawn_ % parts_.spec.evaluate_every == 0;
    if (evaluate && parts_.share.test_rows > 0) point.test = TRY(EvaluateOn(parts_.share.test));
    if (point.test && !std::isfinite(point.test->loss)) return std::optional(Ending::kDiverged);
    trained_.curve.push_back(point);
    hooks_.after_epoch(point);
    if (!evaluate) return std::optional<Ending>();
    return rule_.AfterEvaluation(point.test ? point.test->loss : point.loss);
  }

  // What training that diverges later comes back to: the parameters with which the epoch of the lowest loss began,
  // since an epoch's loss is that before its updates.
  void KeepIfBest(double loss) {
    if (loss < best_loss_) {
      best_loss_ = loss;
      best_.swap(begin_);
    }
    std::copy(parameters_.begin(), parameters_.end(), begin_.begin());
  }

  // Where contributions come in another order, sums differ by rounding; decisions must not.
  Result<void> AgreeOnScore() {
    std::array<double, 4> sums{epoch_score_.loss, epoch_score_.correct, epoch_score_.squares, epoch_score_.rows};
    TRY(parts_.peers.AllReduce(std::span<double>(sums)));
    for (double& sum : sums) sum /= parts_.peers.size();
    epoch_score_ = {.loss = sums[0], .correct = sums[1], .squares = sums[2], .rows = sums[3]};
    return {};
  }

  // Over the rows of all ranks, by one call.
  Result<Metrics> EvaluateOn(const Batch& rows) {
    const Score own = rows.rows() == 0 ? Score{} : parts_.model.Evaluate(parameters_, rows);
    std::vector<double> sums{own.loss, own.correct, own.squares, own.rows};
    const std::size_t of_score = sums.size();
    if (HasAuc(parts_.model)) {
      const std::vector<double> counts = CountMargins(parts_.model, parameters_, rows);
      sums.insert(sums.end(), counts.begin(), counts.end());
    }
    TRY(parts_.peers.AllReduce(std::span<double>(sums)));
    const Score all{.loss = sums[0], .correct = sums[1], .squares = sums[2], .rows = sums[3]};
    return MetricsOf(parts_.model.learns(), all, std::span<const double>(sums).subspan(of_score));
  }

  CurvePoint Point(const Score& score) {
    const Metrics means = MetricsOf(parts_.model.learns(), score, {});
    return {.round = trained_.rounds,
            .epoch = trained_.epochs,
            .seconds = Seconds(parts_.clock.Now() - began_),
            .loss = means.loss + parts_.model.penalty().ValueAt(parameters_),
            .accuracy = means.accuracy,
            .rmse = means.rmse,
            .measures = {},
            .test = {}};
  }

  const TrainerParts& parts_;
  const TrainerHooks& hooks_;
  std::span<float> parameters_;
  StopRule rule_;
  std::vector<float> begin_;  // the parameters at the beginning of the epoch
  std::vector<float> best_;   // those of the epoch with the lowest loss so far
  double best_loss_ = std::numeric_limits<double>::infinity();
  Clock::Time began_;
  Score epoch_score_;
  std::int64_t epochs_drawn_ = 0;
  Trained trained_;
};

}  // namespace

Result<Trained> Train(const TrainerParts& parts, const TrainerHooks& hooks, std::span<float> parameters) {
  return Trainer(parts, hooks, parameters).Run();
}

}  // namespace lambdaml
