// SPDX-License-Identifier: Apache-2.0
#include "train/ma_sgd/ma_sgd.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "train/state_bytes.h"

namespace lambdaml::ma_sgd {

namespace {

// How many steps the ranks make between two averages.
class Pace {
 public:
  explicit Pace(std::uint64_t first_steps) : first_steps_(static_cast<double>(first_steps)) {
    state_.steps = first_steps_;
  }

  std::uint64_t steps() const { return static_cast<std::uint64_t>(state_.steps); }

  void AdaptTo(const Round& round) {
    if (state_.first_loss < 0) state_.first_loss = round.score.loss / round.score.rows;
    state_.loss += round.score.loss;
    state_.rows += round.score.rows;
    if (!round.epoch_ended) return;
    const double share = std::sqrt(state_.loss / state_.rows / state_.first_loss);
    if (std::isfinite(share)) state_.steps = std::clamp(std::ceil(share * first_steps_), 1.0, kStepsMax);
    state_.loss = 0;
    state_.rows = 0;
  }

  Bytes Save() const { return ToBytes(std::as_bytes(std::span(&state_, 1))); }

  Result<void> Restore(ByteSpan saved) {
    State state;
    if (saved.size() != sizeof state) {
      return Error{Code::kInvalid, StrCat("state of the algorithm: ", saved.size(), " bytes of the pace instead of ",
                                          sizeof state, "; it is cut off")};
    }
    std::memcpy(&state, saved.data(), sizeof state);
    if (!(state.steps >= 1 && state.steps <= kStepsMax)) {
      return Error{Code::kInvalid, StrCat("state of the algorithm: damaged, it has ", state.steps, " local steps")};
    }
    state_ = state;
    return {};
  }

  static constexpr std::size_t kSavedBytes = 4 * sizeof(double);

 private:
  static constexpr double kStepsMax = 1e12;

  struct State {
    double steps = 0;
    double first_loss = -1;  // of a row, in the first round; below 0: not known yet
    double loss = 0;         // of this epoch so far, summed over its rows
    double rows = 0;
  };
  static_assert(sizeof(State) == kSavedBytes);

  double first_steps_;
  State state_;
};

class MaSgd final : public Algorithm {
 public:
  MaSgd(const MaSgdSettings& settings, const Task& task)
      : sgd_(settings.sgd, task, Unit::kParameters),
        pace_(settings.local_steps == 0 ? sgd_.batches_per_epoch() : static_cast<std::uint64_t>(settings.local_steps)),
        adapts_(settings.adapt == "loss"),
        gradient_(task.model.parameter_count()),
        model_(task.model.parameter_count()) {}

  // Works on a copy: an error leaves the parameters as they were.
  Result<Round> Step(Communicator& peers, std::span<float> parameters, const Vote& vote) override {
    std::copy(parameters.begin(), parameters.end(), model_.begin());
    const std::uint64_t batches = BatchesOfRound();
    const Score own = StepAlone(batches);
    const double rows = sgd_.MeanRows(batches);
    const auto weight = static_cast<float>(own.rows / rows);
    for (std::size_t i = 0; i < model_.size(); ++i) model_[i] = weight * (model_[i] - parameters[i]);
    Round round = TRY(sgd_.Exchange(peers,
                                    {.values = model_,
                                     .parameters = parameters,
                                     .share = static_cast<double>(peers.size()),
                                     .score = own,
                                     .batches_done = sgd_.batches_done()},
                                    vote));
    const auto share = static_cast<float>(rows / sgd_.RowsOf(round, batches));
    for (std::size_t i = 0; i < model_.size(); ++i) parameters[i] += share * model_[i];
    TRY(sgd_.Agree(peers, round, parameters));
    if (adapts_) {
      pace_.AdaptTo(round);
      round.measures.emplace_back("local_steps", static_cast<double>(pace_.steps()));
    }
    return round;
  }

  double epochs() const override { return sgd_.settings().epochs; }

  AlgorithmState Save() const override {
    AlgorithmState state = sgd_.Save();
    Append(state.shared, pace_.Save());
    return state;
  }

  Result<void> Restore(ByteSpan shared, std::optional<ByteSpan> own) override {
    const std::size_t of_pace = std::min(shared.size(), Pace::kSavedBytes);
    TRY(sgd_.Restore(shared.first(shared.size() - of_pace), own));
    return pace_.Restore(shared.last(of_pace));
  }

 private:
  // Those of the pace, or what is left of the epoch: an average ends each epoch.
  std::uint64_t BatchesOfRound() const {
    return std::min(pace_.steps(), sgd_.batches_per_epoch() - sgd_.batches_done() % sgd_.batches_per_epoch());
  }

  Score StepAlone(std::uint64_t batches) {
    Score sum;
    for (; batches > 0; --batches) {
      const Score score = sgd_.SumGradient(model_, gradient_);
      sum.Add(score);
      if (score.rows > 0) {
        sgd_.Descend(gradient_, score.rows, model_);
      } else {
        sgd_.Skip();
      }
    }
    return sum;
  }

  Sgd sgd_;
  Pace pace_;
  bool adapts_;
  std::vector<float> gradient_;
  std::vector<float> model_;  // this rank's own; then its difference to the average
};

}  // namespace

Fields Describe(MaSgdSettings& s) {
  Fields fields = Describe(s.sgd);
  fields.push_back({"local_steps",
                    s.local_steps,
                    "steps that each worker makes alone between two averages; 0: one epoch",
                    {.min = 0, .max = 1e12}});
  fields.push_back({"adapt",
                    s.adapt,
                    "loss: the lower the loss, the fewer steps between two averages, from local_steps on",
                    {.one_of = {"none", "loss"}}});
  return fields;
}

Result<std::unique_ptr<Algorithm>> Make(const Choice& choice, const Task& task) {
  MaSgdSettings settings;
  TRY(Apply(choice, Describe(settings), "algorithm ma_sgd"));
  TRY(CheckTask(task, "ma_sgd"));
  if (settings.adapt != "none" && task.staleness > 0) {
    return Error{Code::kInvalid, StrCat("algorithm ma_sgd: adapt ", settings.adapt,
                                        " needs losses that all ranks know at the same time; choose sync: bsp")};
  }
  return std::unique_ptr<Algorithm>(std::make_unique<MaSgd>(settings, task));
}

}  // namespace lambdaml::ma_sgd
