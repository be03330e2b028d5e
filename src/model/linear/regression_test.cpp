// SPDX-License-Identifier: Apache-2.0
#include "model/model_conformance.h"

namespace lambdaml {
namespace {

TEST(Regression, Conforms) {
  CheckModelOfNumbers({"linear", {}});
  CheckModelOfNumbers({"linear", {{"l1", "0.2"}, {"l2", "0.1"}}});
  CheckModelOfNumbers({"linear", {{"loss", "huber"}, {"l2", "0.1"}}});
  CheckModelOfNumbers({"linear", {{"loss", "huber"}, {"delta", "0.25"}}});
}

// y = 2 x - 1: the errors are 0, 1 and -5.
TEST(Regression, LossesAreTheFormulas) {
  const std::vector<float> parameters = {2, -1};
  const float x[] = {1, 2, -1};
  const Batch batch{.columns = 1, .dense = {&x[0], &x[1], &x[2]}, .sparse = {}, .labels = {1, 2, 2}};
  const auto squared = MakeModel({"linear", {}}, {.columns = 1}).value();
  const Score score = squared->Evaluate(parameters, batch);
  EXPECT_EQ(score.loss, 0.5 + 12.5);
  EXPECT_EQ(score.squares, 1 + 25);
  const auto huber = MakeModel({"linear", {{"loss", "huber"}, {"delta", "2"}}}, {.columns = 1}).value();
  EXPECT_EQ(huber->Evaluate(parameters, batch).loss, 0.5 + 2 * (5 - 1));
  EXPECT_EQ(huber->Evaluate(parameters, batch).squares, 1 + 25);
  std::vector<float> predictions(3);
  huber->Predict(parameters, batch, predictions);
  EXPECT_EQ(predictions, (std::vector<float>{1, 3, -3}));
}

}  // namespace
}  // namespace lambdaml
