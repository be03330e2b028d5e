// SPDX-License-Identifier: Apache-2.0
#include "train/ma_sgd/ma_sgd.h"

#include <algorithm>

#include "train/tally.h"

namespace lambdaml::ma_sgd {

namespace {

class MaSgd final : public Algorithm {
 public:
  MaSgd(const MaSgdSettings& settings, const Task& task)
      : sgd_(settings.sgd, task),
        steps_(settings.local_steps == 0 ? sgd_.batches_per_epoch() : static_cast<std::uint64_t>(settings.local_steps)),
        gradient_(task.model.parameter_count()),
        message_(task.model.parameter_count() + kTallySlots) {}

  // Works on a copy: an error leaves the parameters as they were.
  Result<Round> Step(Communicator& peers, std::span<float> parameters, std::int64_t vote) override {
    const std::span<float> model = std::span(message_).first(parameters.size());
    const std::span<float> slots = std::span(message_).last(kTallySlots);
    std::copy(parameters.begin(), parameters.end(), model.begin());
    const Score own = StepAlone(model);
    const auto weight = static_cast<float>(own.rows);
    for (float& value : model) value *= weight;
    WriteTally({.score = own, .votes = vote}, slots);
    TRY(peers.AllReduce(std::span<float>(message_)));
    const Tally all = ReadTally(slots);
    ++rounds_;
    TRY(sgd_.CheckLoss(all.score.loss, rounds_));
    const auto share = static_cast<float>(1 / all.score.rows);
    std::transform(model.begin(), model.end(), parameters.begin(), [share](float sum) { return sum * share; });
    return Round{.score = all.score, .epoch = sgd_.epoch(), .epoch_ended = sgd_.epoch_ended(), .votes = all.votes};
  }

  double epochs() const override { return sgd_.settings().epochs; }
  Bytes Save() const override { return sgd_.Save(rounds_); }
  Result<void> Restore(ByteSpan state) override {
    rounds_ = TRY(sgd_.Restore(state));
    return {};
  }

 private:
  // steps_ batches, or what is left of the epoch: an average ends each epoch.
  Score StepAlone(std::span<float> model) {
    const std::uint64_t left = sgd_.batches_per_epoch() - sgd_.batches_done() % sgd_.batches_per_epoch();
    Score sum;
    for (std::uint64_t step = std::min(steps_, left); step > 0; --step) {
      const Score score = sgd_.SumGradient(model, gradient_);
      sum.loss += score.loss;
      sum.correct += score.correct;
      sum.rows += score.rows;
      if (score.rows > 0) {
        sgd_.Descend(gradient_, score.rows, model);
      } else {
        sgd_.Skip();
      }
    }
    return sum;
  }

  Sgd sgd_;
  std::uint64_t steps_;
  std::uint64_t rounds_ = 0;
  std::vector<float> gradient_;
  std::vector<float> message_;  // the model times its rows, and the tally
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
