// SPDX-License-Identifier: Apache-2.0
#include "model/model_conformance.h"

namespace lambdaml {
namespace {

TEST(Svm, Conforms) { CheckModel({"svm", {{"l2", "0.1"}}}); }

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
