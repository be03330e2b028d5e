// SPDX-License-Identifier: Apache-2.0
#include "model/model_conformance.h"

namespace lambdaml {
namespace {

TEST(Svm, Conforms) {
  CheckModel({"svm", {{"l2", "0.1"}}});
  CheckModel({"svm", {{"l1", "0.2"}, {"class_weights", "balanced"}}});
  CheckModel({"svm", {{"l1", "0.2"}, {"l2", "0.1"}, {"class_weights", "balanced"}, {"loss", "squared_hinge"}}});
}

TEST(Svm, IsSmoothWhereItsLossIs) {
  const Shape shape{.columns = 1, .classes = 3};
  EXPECT_FALSE(MakeModel({"svm", {}}, shape).value()->smooth());
  EXPECT_TRUE(MakeModel({"svm", {{"loss", "squared_hinge"}}}, shape).value()->smooth());
}

// Margins -5 and 5 of a row of class 0: the slack is 6.
TEST(Svm, SquaredHingeIsTheSquareOfHinge) {
  const auto model = MakeModel({"svm", {{"loss", "squared_hinge"}}}, {.columns = 1, .classes = 2}).value();
  const float x = 3;
  const Batch batch{.columns = 1, .dense = {&x}, .sparse = {}, .labels = {0}};
  EXPECT_EQ(model->Evaluate(std::vector<float>{2, -1}, batch).loss, 36);
}

TEST(Svm, MarginsOfTwoClassesAreOpposite) {
  const auto model = MakeModel({"svm", {}}, {.columns = 1, .classes = 2}).value();
  const std::vector<float> parameters = {2, -1};
  const float x = 3;
  const Batch batch{.columns = 1, .dense = {&x}, .sparse = {}, .labels = {0}};
  std::vector<float> margins(2);
  model->Predict(parameters, batch, margins);
  EXPECT_EQ(margins, (std::vector<float>{-5, 5}));
  EXPECT_EQ(model->Evaluate(parameters, batch).loss, 6);
}

}  // namespace
}  // namespace lambdaml
