// SPDX-License-Identifier: Apache-2.0
#include "train/ma_sgd/ma_sgd.h"

#include <algorithm>

namespace lambdaml::ma_sgd {

namespace {

class MaSgd final : public Algorithm {
 public:
  MaSgd(const MaSgdSettings& settings, const Task& task)
      : sgd_(settings.sgd, task),
        steps_(settings.local_steps == 0 ? sgd_.batches_per_epoch() : static_cast<std::uint64_t>(settings.local_steps)),
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
    const Round round = TRY(sgd_.Exchange(peers,
                                          {.values = model_,
                                           .parameters = parameters,
                                           .change = static_cast<double>(peers.size()),
                                           .score = own,
                                           .batches_done = sgd_.batches_done()},
                                          vote));
    const auto share = static_cast<float>(rows / sgd_.RowsOf(round, batches));
    for (std::size_t i = 0; i < model_.size(); ++i) parameters[i] += share * model_[i];
    TRY(sgd_.Agree(peers, round, parameters));
    return round;
  }

  double epochs() const override { return sgd_.settings().epochs; }
  Bytes Save() const override { return sgd_.Save(); }
  Result<void> Restore(ByteSpan state) override { return sgd_.Restore(state); }

 private:
  // Those of local_steps, or what is left of the epoch: an average ends each epoch.
  std::uint64_t BatchesOfRound() const {
    return std::min(steps_, sgd_.batches_per_epoch() - sgd_.batches_done() % sgd_.batches_per_epoch());
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
  std::uint64_t steps_;
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
  return fields;
}

Result<std::unique_ptr<Algorithm>> Make(const Choice& choice, const Task& task) {
  MaSgdSettings settings;
  TRY(Apply(choice, Describe(settings), "algorithm ma_sgd"));
  TRY(CheckTask(task, "ma_sgd"));
  return std::unique_ptr<Algorithm>(std::make_unique<MaSgd>(settings, task));
}

}  // namespace lambdaml::ma_sgd
