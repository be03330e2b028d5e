// SPDX-License-Identifier: Apache-2.0
#include "worker/trainer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "worker/metrics.h"
#include "worker/stop_rule.h"
#include "worker/training_state.h"

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
        began_(parts.clock.Now()) {
    progress_.begin.assign(parameters.begin(), parameters.end());
    progress_.best = progress_.begin;
  }

  Result<void> Restore(const Restored& from) {
    SharedTraining state = TRY(ReadShared(parts_.spec, parameters_.size(), from.shared));
    std::optional<ByteSpan> own;
    if (from.own) own = TRY(ReadOwn(state.progress.rounds, *from.own));
    TRY(parts_.algorithm.Restore(state.algorithm, own));
    std::ranges::copy(state.parameters, parameters_.begin());
    progress_ = std::move(state.progress);
    rule_.set_state(progress_.rule);
    if (from.run == Restored::Run::kNew) progress_.ending.reset();
    return {};
  }

  Result<Trained> Run() {
    while (!progress_.ending && !hands_over_) TRY(OneRound());
    Trained trained;
    if (!hands_over_) trained = TRY(Evaluated());
    trained.ending = progress_.ending;
    trained.rounds = progress_.rounds;
    trained.epochs = progress_.epochs;
    trained.curve = std::move(progress_.curve);
    return trained;
  }

 private:
  Result<void> OneRound() {
    const Round round = TRY(parts_.algorithm.Step(parts_.peers, parameters_, hooks_.vote));
    ++progress_.rounds;
    progress_.epochs = round.epoch;
    progress_.epoch_score.Add(round.score);
    if (IsBsp() && !IsFinite(round.score)) {
      progress_.ending = Ending::kDiverged;
      return {};
    }
    if (round.caught_up) progress_.ending = rule_.AfterRound(round, progress_.rounds);
    if (progress_.ending || round.epoch_ended) {
      TRY(EndEpoch(round.measures));
    } else if (hooks_.round_is_due()) {
      hooks_.after_round(Point(round.score));
    }
    if (progress_.ending) return {};
    return Heed(round);
  }

  // All ranks take the same checkpoint, or none. There are no votes but in rounds that catch up; with staleness these
  // end an epoch, so that all ranks have the same score, or the training.
  Result<void> Heed(const Round& round) {
    progress_.ending = EndingOf(round.votes);
    if (progress_.ending) return TakeCheckpoint(round, Purpose::kStop);
    hands_over_ = Holds(round.votes, kVoteHandOver);
    if (hands_over_) return TakeCheckpoint(round, Purpose::kHandOver);
    if (Holds(round.votes, kVoteCheckpoint)) return TakeCheckpoint(round, Purpose::kKeepOn);
    return {};
  }

  Result<void> TakeCheckpoint(const Round& round, Purpose purpose) {
    const AlgorithmState algorithm = parts_.algorithm.Save();
    TrainingState state{.shared = {},
                        .own = WriteOwn(progress_.rounds, algorithm.own),
                        .rounds = progress_.rounds,
                        .epochs = progress_.epochs,
                        .loss = round.epoch_ended ? progress_.curve.back().loss : Point(round.score).loss};
    if (parts_.peers.rank() == 0) {
      progress_.seconds = SecondsTrained();
      began_ = parts_.clock.Now();
      progress_.rule = rule_.state();
      state.shared = WriteShared(parts_.spec, progress_, parameters_, algorithm.shared);
    }
    return hooks_.checkpoint(state, purpose);
  }

  // The metrics of the end. Training that was stopped may have ended within an epoch, or after one that was not due to
  // be evaluated.
  Result<Trained> Evaluated() {
    if (progress_.ending != Ending::kDiverged && progress_.epoch_score.rows > 0) TRY(EndEpoch({}));
    const bool diverged = progress_.ending == Ending::kDiverged;
    if (diverged) std::ranges::copy(progress_.best, parameters_.begin());
    Trained trained;
    trained.train = TRY(EvaluateOn(parts_.share.train));
    if (parts_.share.test_rows == 0) return trained;
    if (!diverged) trained.test = progress_.curve.back().test;
    if (!trained.test) trained.test = TRY(EvaluateOn(parts_.share.test));
    if (!diverged) progress_.curve.back().test = trained.test;
    return trained;
  }

  // Draws a point of the curve; evaluates on the test rows if it is time to. May end the training.
  Result<void> EndEpoch(const std::vector<std::pair<std::string, double>>& measures) {
    if (!IsBsp()) TRY(AgreeOnScore());
    if (!IsFinite(progress_.epoch_score)) {
      progress_.ending = Ending::kDiverged;
      return {};
    }
    const auto every = static_cast<std::size_t>(parts_.spec.evaluate_every);
    CurvePoint point = Point(progress_.epoch_score);
    point.measures.insert(measures.begin(), measures.end());
    progress_.epoch_score = {};
    KeepIfBest(point.loss);
    const bool evaluate = progress_.ending || (progress_.curve.size() + 1) % every == 0;
    if (evaluate && parts_.share.test_rows > 0) point.test = TRY(EvaluateOn(parts_.share.test));
    if (point.test && !std::isfinite(point.test->loss)) {
      progress_.ending = Ending::kDiverged;
      return {};
    }
    progress_.curve.push_back(point);
    hooks_.after_epoch(point);
    if (!evaluate || progress_.ending) return {};
    progress_.ending = rule_.AfterEvaluation(point.test ? point.test->loss : point.loss);
    return {};
  }

  // What training that diverges later comes back to: the parameters with which the epoch of the lowest loss began,
  // since an epoch's loss is that before its updates.
  void KeepIfBest(double loss) {
    if (loss < progress_.best_loss) {
      progress_.best_loss = loss;
      progress_.best.swap(progress_.begin);
    }
    std::copy(parameters_.begin(), parameters_.end(), progress_.begin.begin());
  }

  // Where contributions come in another order, sums differ by rounding; decisions must not.
  Result<void> AgreeOnScore() {
    const Score& own = progress_.epoch_score;
    std::array<double, 4> sums{own.loss, own.correct, own.squares, own.rows};
    TRY(parts_.peers.AllReduce(std::span<double>(sums)));
    for (double& sum : sums) sum /= parts_.peers.size();
    progress_.epoch_score = {.loss = sums[0], .correct = sums[1], .squares = sums[2], .rows = sums[3]};
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
    return {.round = progress_.rounds,
            .epoch = progress_.epochs,
            .seconds = SecondsTrained(),
            .loss = means.loss + parts_.model.penalty().ValueAt(parameters_),
            .accuracy = means.accuracy,
            .rmse = means.rmse,
            .measures = {},
            .test = {}};
  }

  bool IsBsp() const { return parts_.spec.sync == "bsp"; }
  double SecondsTrained() const { return progress_.seconds + Seconds(parts_.clock.Now() - began_); }

  const TrainerParts& parts_;
  const TrainerHooks& hooks_;
  std::span<float> parameters_;
  StopRule rule_;
  Clock::Time began_;
  bool hands_over_ = false;
  TrainingProgress progress_;  // its seconds are those until began_; the rule is in rule_
};

}  // namespace

Result<Trained> Train(const TrainerParts& parts, const TrainerHooks& hooks, std::span<float> parameters,
                      const Restored* from) {
  Trainer trainer(parts, hooks, parameters);
  if (from != nullptr) TRY(trainer.Restore(*from));
  return trainer.Run();
}

}  // namespace lambdaml
