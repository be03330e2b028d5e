// SPDX-License-Identifier: Apache-2.0
#include "train/ga_sgd/ga_sgd.h"

namespace lambdaml::ga_sgd {

namespace {

class GaSgd final : public Algorithm {
 public:
  GaSgd(const SgdSettings& settings, const Task& task)
      : sgd_(settings, task, Unit::kGradients), gradient_(task.model.parameter_count()) {}

  Result<Round> Step(Communicator& peers, std::span<float> parameters, const Vote& vote) override {
    std::optional<Round> known = TRY(sgd_.Recall(peers, gradient_));
    const Round round = known ? *std::move(known) : TRY(SumOver(peers, parameters, vote));
    sgd_.Descend(gradient_, sgd_.RowsOf(round, 1), parameters);
    TRY(sgd_.Agree(peers, round, parameters));
    return round;
  }

  double epochs() const override { return sgd_.settings().epochs; }
  AlgorithmState Save() const override { return sgd_.Save(); }
  Result<void> Restore(ByteSpan shared, std::optional<ByteSpan> own) override { return sgd_.Restore(shared, own); }

 private:
  Result<Round> SumOver(Communicator& peers, std::span<const float> parameters, const Vote& vote) {
    const Score own = sgd_.SumGradient(parameters, gradient_);
    return sgd_.Exchange(peers,
                         {.values = gradient_,
                          .parameters = parameters,
                          .share = peers.size() / sgd_.MeanRows(1),
                          .score = own,
                          .batches_done = sgd_.batches_done() + 1},
                         vote);
  }

  Sgd sgd_;
  std::vector<float> gradient_;
};

}  // namespace

Result<std::unique_ptr<Algorithm>> Make(const Choice& choice, const Task& task) {
  SgdSettings settings;
  TRY(Apply(choice, Describe(settings), "algorithm ga_sgd"));
  TRY(CheckTask(task, "ga_sgd"));
  return std::unique_ptr<Algorithm>(std::make_unique<GaSgd>(settings, task));
}

}  // namespace lambdaml::ga_sgd
