// SPDX-License-Identifier: Apache-2.0
#include "model/parallel.h"

#include "model/model_conformance.h"

namespace lambdaml {
namespace {

using conformance::Pass;
using conformance::SampleRows;

class Parallel : public ::testing::Test {
 protected:
  static constexpr Shape kShape{.columns = 40, .classes = 3};
  static constexpr std::size_t kRows = 4001;

  std::unique_ptr<Model> model_ = MakeModel({"logistic", {}}, kShape).value();
  std::vector<float> parameters_ = conformance::SampleParameters(*model_);
  SampleRows rows_{kRows, kShape};
  std::unique_ptr<Background> background_ = MakeBackground(3);
};

TEST_F(Parallel, SumsAreThoseOfOneThread) {
  for (const Batch* const batch : {&rows_.dense, &rows_.sparse}) {
    const Pass alone = conformance::Run(*model_, parameters_, *batch);
    for (const std::size_t parts : {1U, 2U, 3U, 6U}) {
      const auto parallel = SpreadOverThreads(*model_, *background_, parts);
      const Pass spread = conformance::Run(*parallel, parameters_, *batch);
      EXPECT_NEAR(spread.score.loss, alone.score.loss, 1e-5 * alone.score.loss);
      EXPECT_EQ(spread.score.correct, alone.score.correct);
      EXPECT_EQ(spread.score.rows, alone.score.rows);
      EXPECT_LT(conformance::Furthest(spread.gradient, alone.gradient), 1e-2);
      EXPECT_EQ(parallel->Evaluate(parameters_, *batch).correct, alone.score.correct);
    }
  }
}

TEST_F(Parallel, BitsDependOnTheNumberOfPartsAlone) {
  const auto other = MakeBackground(1);
  const Pass three = conformance::Run(*SpreadOverThreads(*model_, *background_, 6), parameters_, rows_.dense);
  const Pass one = conformance::Run(*SpreadOverThreads(*model_, *other, 6), parameters_, rows_.dense);
  EXPECT_EQ(three.gradient, one.gradient);
  EXPECT_EQ(three.score.loss, one.score.loss);
}

TEST_F(Parallel, PredictsEveryRowInItsPlace) {
  std::vector<float> alone(kRows * model_->outputs());
  std::vector<float> spread(alone.size());
  model_->Predict(parameters_, rows_.dense, alone);
  SpreadOverThreads(*model_, *background_, 4)->Predict(parameters_, rows_.dense, spread);
  for (std::size_t i = 0; i < alone.size(); ++i) ASSERT_NEAR(spread[i], alone[i], 1e-6) << i;
}

}  // namespace
}  // namespace lambdaml
