// SPDX-License-Identifier: Apache-2.0
#include "worker/trainer.h"

#include <array>

#include "worker/stop_rule.h"

namespace lambdaml {

namespace {

// Loss and accuracy of the sums; `penalty` is added to the loss.
Metrics Means(const Score& score, double penalty) {
  if (score.rows == 0) return {};
  return {.loss = score.loss / score.rows + penalty,
          .accuracy = score.correct / score.rows,
          .rows = static_cast<std::int64_t>(score.rows)};
}

class Trainer {
 public:
  Trainer(const TrainerParts& parts, const TrainerHooks& hooks, std::span<float> parameters)
      : parts_(parts),
        hooks_(hooks),
        parameters_(parameters),
        rule_(parts.spec.stop, parts.algorithm.epochs()),
        began_(parts.clock.Now()) {}

  Result<Trained> Run() {
    std::optional<Ending> ending;
    while (!ending) ending = TRY(OneRound());
    trained_.ending = *ending;
    trained_.train = TRY(EvaluateOn(parts_.share.train));
    trained_.test = trained_.curve.back().test;
    return std::move(trained_);
  }

 private:
  Result<std::optional<Ending>> OneRound() {
    const Round round = TRY(parts_.algorithm.Step(parts_.peers, parameters_, hooks_.vote));
    ++trained_.rounds;
    trained_.epochs = round.epoch;
    AddScore(round.score);
    std::optional<Ending> ending;
    if (round.caught_up) ending = rule_.AfterRound(round.votes, trained_.rounds, round.epoch);
    if (!ending && !round.epoch_ended) {
      hooks_.after_round(Point(round.score));
      return ending;
    }
    const std::optional<Ending> by_loss = TRY(EndEpoch(ending.has_value()));
    return ending ? ending : by_loss;
  }

  // Draws a point of the curve; evaluates on the test rows if it is time to.
  Result<std::optional<Ending>> EndEpoch(bool last) {
    if (parts_.spec.sync != "bsp") TRY(AgreeOnScore());
    CurvePoint point = Point(epoch_score_);
    epoch_score_ = {};
    ++epochs_drawn_;
    const bool evaluate = last || epochs_drawn_ % parts_.spec.evaluate_every == 0;
    if (evaluate && parts_.share.test_rows > 0) point.test = TRY(EvaluateOn(parts_.share.test));
    trained_.curve.push_back(point);
    hooks_.after_epoch(point);
    if (!evaluate) return std::optional<Ending>();
    return rule_.AfterEvaluation(point.test ? point.test->loss : point.loss);
  }

  // Where contributions come in another order, sums differ by rounding; decisions must not.
  Result<void> AgreeOnScore() {
    std::array<double, 3> sums{epoch_score_.loss, epoch_score_.correct, epoch_score_.rows};
    TRY(parts_.peers.AllReduce(std::span<double>(sums)));
    const double ranks = parts_.peers.size();
    epoch_score_ = {.loss = sums[0] / ranks, .correct = sums[1] / ranks, .rows = sums[2] / ranks};
    return {};
  }

  Result<Metrics> EvaluateOn(const Batch& rows) {
    const Score own = rows.rows() == 0 ? Score{} : parts_.model.Evaluate(parameters_, rows);
    std::array<double, 3> sums{own.loss, own.correct, own.rows};
    TRY(parts_.peers.AllReduce(std::span<double>(sums)));
    return Means({.loss = sums[0], .correct = sums[1], .rows = sums[2]}, 0);
  }

  CurvePoint Point(const Score& score) {
    const Metrics means = Means(score, parts_.model.AddPenalty(parameters_, 0, {}));
    return {.round = trained_.rounds,
            .epoch = trained_.epochs,
            .seconds = Seconds(parts_.clock.Now() - began_),
            .loss = means.loss,
            .accuracy = means.accuracy,
            .test = {}};
  }

  void AddScore(const Score& score) {
    epoch_score_.loss += score.loss;
    epoch_score_.correct += score.correct;
    epoch_score_.rows += score.rows;
  }

  const TrainerParts& parts_;
  const TrainerHooks& hooks_;
  std::span<float> parameters_;
  StopRule rule_;
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
