// SPDX-License-Identifier: Apache-2.0
#include "train/ga_sgd/ga_sgd.h"

#include "train/tally.h"

namespace lambdaml::ga_sgd {

namespace {

class GaSgd final : public Algorithm {
 public:
  GaSgd(const SgdSettings& settings, const Task& task)
      : sgd_(settings, task), message_(task.model.parameter_count() + kTallySlots) {}

  Result<Round> Step(Communicator& peers, std::span<float> parameters, std::int64_t vote) override {
    const std::span<float> gradient = std::span(message_).first(parameters.size());
    const std::span<float> slots = std::span(message_).last(kTallySlots);
    WriteTally({.score = sgd_.SumGradient(parameters, gradient), .votes = vote}, slots);
    TRY(peers.AllReduce(std::span<float>(message_)));
    const Tally all = ReadTally(slots);
    TRY(sgd_.CheckLoss(all.score.loss, sgd_.batches_done() + 1));
    sgd_.Descend(gradient, all.score.rows, parameters);
    return Round{.score = all.score, .epoch = sgd_.epoch(), .epoch_ended = sgd_.epoch_ended(), .votes = all.votes};
  }

  double epochs() const override { return sgd_.settings().epochs; }
  Bytes Save() const override { return sgd_.Save(sgd_.batches_done()); }
  Result<void> Restore(ByteSpan state) override {
    TRY(sgd_.Restore(state));
    return {};
  }

 private:
  Sgd sgd_;
  std::vector<float> message_;  // the gradient and the tally
};

}  // namespace

Result<std::unique_ptr<Algorithm>> Make(const Choice& choice, const Task& task) {
  SgdSettings settings;
  TRY(Apply(choice, Describe(settings), "algorithm ga_sgd"));
  TRY(CheckTask(task, "ga_sgd"));
  return std::unique_ptr<Algorithm>(std::make_unique<GaSgd>(settings, task));
}

}  // namespace lambdaml::ga_sgd
