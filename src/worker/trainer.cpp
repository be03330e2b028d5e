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
        begin_(parameters.begin(), parameters.end()),
        best_(begin_),
        began_(parts.clock.Now()) {}

  Result<void> Restore(const Restored& from) {
    SharedTraining state = TRY(ReadShared(parts_.spec, parameters_.size(), from.shared));
    std::optional<ByteSpan> own;
    if (from.own) own = TRY(ReadOwn(state.rounds, *from.own));
    TRY(parts_.algorithm.Restore(state.algorithm, own));
    std::ranges::copy(state.parameters, parameters_.begin());
    begin_ = std::move(state.begin);
    best_ = std::move(state.best);
    best_loss_ = state.best_loss;
    rule_.set_state(state.rule);
    seconds_before_ = state.seconds;
    epoch_score_ = state.epoch_score;
    epochs_drawn_ = state.epochs_drawn;
    trained_.rounds = state.rounds;
    trained_.epochs = state.epochs;
    trained_.curve = std::move(state.curve);
    if (from.run == Restored::Run::kSame) trained_.ending = state.ending;
    return {};
  }

  Result<Trained> Run() {
    while (!trained_.ending && !hands_over_) TRY(OneRound());
    if (!hands_over_) TRY(Finish());
    return std::move(trained_);
  }

 private:
  Result<void> OneRound() {
    const Round round = TRY(parts_.algorithm.Step(parts_.peers, parameters_, hooks_.vote));
    ++trained_.rounds;
    trained_.epochs = round.epoch;
    epoch_score_.Add(round.score);
    if (IsBsp() && !IsFinite(round.score)) {
      trained_.ending = Ending::kDiverged;
      return {};
    }
    if (round.caught_up) trained_.ending = rule_.AfterRound(round, trained_.rounds);
    if (trained_.ending || round.epoch_ended) {
      TRY(EndEpoch(round.measures));
    } else if (hooks_.round_is_due()) {
      hooks_.after_round(Point(round.score));
    }
    // With staleness, scores within an epoch differ from rank to rank.
    const bool is_boundary = round.caught_up && (IsBsp() || round.epoch_ended);
    if (trained_.ending || !is_boundary) return {};
    return Heed(round);
  }

  // All ranks take the same checkpoint, or none.
  Result<void> Heed(const Round& round) {
    trained_.ending = EndingOf(round.votes);
    if (trained_.ending) return TakeCheckpoint(round, Purpose::kStop);
    hands_over_ = Holds(round.votes, kVoteHandOver);
    if (hands_over_) return TakeCheckpoint(round, Purpose::kHandOver);
    if (Holds(round.votes, kVoteCheckpoint)) return TakeCheckpoint(round, Purpose::kKeepOn);
    return {};
  }

  Result<void> TakeCheckpoint(const Round& round, Purpose purpose) {
    AlgorithmState state = parts_.algorithm.Save();
    return hooks_.checkpoint({.shared = parts_.peers.rank() == 0 ? Shared(std::move(state.shared)) : Bytes{},
                              .own = WriteOwn(trained_.rounds, state.own),
                              .rounds = trained_.rounds,
                              .epochs = trained_.epochs,
                              .loss = round.epoch_ended ? trained_.curve.back().loss : Point(round.score).loss},
                             purpose);
  }

  Bytes Shared(Bytes algorithm) const {
    return WriteShared(parts_.spec, {.rounds = trained_.rounds,
                                     .epochs = trained_.epochs,
                                     .epochs_drawn = epochs_drawn_,
                                     .seconds = SecondsTrained(),
                                     .ending = trained_.ending,
                                     .epoch_score = epoch_score_,
                                     .rule = rule_.state(),
                                     .best_loss = best_loss_,
                                     .curve = trained_.curve,
                                     .parameters = {parameters_.begin(), parameters_.end()},
                                     .begin = begin_,
                                     .best = best_,
                                     .algorithm = std::move(algorithm)});
  }

  // Training that was stopped may have ended within an epoch, or after one that was not due to be evaluated.
  Result<void> Finish() {
    if (trained_.ending != Ending::kDiverged && epoch_score_.rows > 0) TRY(EndEpoch({}));
    const bool diverged = trained_.ending == Ending::kDiverged;
    if (diverged) std::ranges::copy(best_, parameters_.begin());
    trained_.train = TRY(EvaluateOn(parts_.share.train));
    if (parts_.share.test_rows == 0) return {};
    if (diverged) {
      trained_.test = TRY(EvaluateOn(parts_.share.test));
      return {};
    }
    CurvePoint& last = trained_.curve.back();
    if (!last.test) last.test = TRY(EvaluateOn(parts_.share.test));
    trained_.test = last.test;
    return {};
  }

  // Draws a point of the curve; evaluates on the test rows if it is time to. May end the training.
  Result<void> EndEpoch(const std::vector<std::pair<std::string, double>>& measures) {
    if (!IsBsp()) TRY(AgreeOnScore());
    if (!IsFinite(epoch_score_)) {
      trained_.ending = Ending::kDiverged;
      return {};
    }
    CurvePoint point = Point(epoch_score_);
    point.measures.insert(measures.begin(), measures.end());
    epoch_score_ = {};
    KeepIfBest(point.loss);
    ++epochs_drawn_;
    const bool evaluate = trained_.ending || epochs_drawn_ % parts_.spec.evaluate_every == 0;
    if (evaluate && parts_.share.test_rows > 0) point.test = TRY(EvaluateOn(parts_.share.test));
    if (point.test && !std::isfinite(point.test->loss)) {
      trained_.ending = Ending::kDiverged;
      return {};
    }
    trained_.curve.push_back(point);
    hooks_.after_epoch(point);
    if (evaluate && !trained_.ending)
      trained_.ending = rule_.AfterEvaluation(point.test ? point.test->loss : point.loss);
    return {};
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
            .seconds = SecondsTrained(),
            .loss = means.loss + parts_.model.penalty().ValueAt(parameters_),
            .accuracy = means.accuracy,
            .rmse = means.rmse,
            .measures = {},
            .test = {}};
  }

  bool IsBsp() const { return parts_.spec.sync == "bsp"; }
  double SecondsTrained() const { return seconds_before_ + Seconds(parts_.clock.Now() - began_); }

  const TrainerParts& parts_;
  const TrainerHooks& hooks_;
  std::span<float> parameters_;
  StopRule rule_;
  std::vector<float> begin_;  // the parameters at the beginning of the epoch
  std::vector<float> best_;   // those of the epoch with the lowest loss so far
  double best_loss_ = std::numeric_limits<double>::infinity();
  Clock::Time began_;
  double seconds_before_ = 0;  // of training, by earlier functions
  Score epoch_score_;
  std::int64_t epochs_drawn_ = 0;
  bool hands_over_ = false;
  Trained trained_;
};

}  // namespace

Result<Trained> Train(const TrainerParts& parts, const TrainerHooks& hooks, std::span<float> parameters,
                      const Restored* from) {
  Trainer trainer(parts, hooks, parameters);
  if (from != nullptr) TRY(trainer.Restore(*from));
  return trainer.Run();
}

}  // namespace lambdaml
