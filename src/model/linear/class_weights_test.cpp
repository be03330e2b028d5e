// SPDX-License-Identifier: Apache-2.0
#include "model/linear/class_weights.h"

#include "model/model_conformance.h"

namespace lambdaml {
namespace {

const Shape kShape{.columns = 3, .classes = 3, .class_rows = {10, 20, 70}};

std::string Refusal(const std::string& text, const Shape& shape) {
  const auto weights = linear::ClassWeightsOf(text, shape, "svm");
  if (weights.ok()) return "";
  EXPECT_EQ(weights.error().code, Code::kInvalid);
  return weights.error().message;
}

TEST(ClassWeights, BalancedMakesTheClassesWeighTheSame) {
  const auto weights = linear::ClassWeightsOf("balanced", kShape, "svm").value();
  ASSERT_EQ(weights.size(), 3U);
  EXPECT_FLOAT_EQ(weights[0] * 10, weights[1] * 20);
  EXPECT_FLOAT_EQ(weights[0] * 10, weights[2] * 70);
  EXPECT_FLOAT_EQ(weights[0] * 10 + weights[1] * 20 + weights[2] * 70, 100);
}

TEST(ClassWeights, AreANumberForEachClass) {
  EXPECT_EQ(linear::ClassWeightsOf("1, 2.5,4", kShape, "svm").value(), (std::vector<float>{1, 2.5, 4}));
  EXPECT_TRUE(linear::ClassWeightsOf("", kShape, "svm").value().empty());
}

TEST(ClassWeights, RefusesOthersInOneLine) {
  EXPECT_EQ(Refusal("1,2", kShape), "model svm: class_weights: 2 numbers are given for 3 classes; give one for each");
  for (const std::string bad : {"0", "-1", "x", "nan", "inf", "1e39", " "}) {
    EXPECT_NE(Refusal("1,2," + bad, kShape).find("is not a number above 0; give "), std::string::npos) << bad;
  }
  EXPECT_EQ(
      Refusal("balanced", {.columns = 3, .classes = 3}),
      "model svm: class_weights: balanced: this dataset does not tell the rows of each class; import it again, or "
      "give numbers");
  EXPECT_EQ(Refusal("balanced", {.columns = 3, .classes = 2, .class_rows = {4, 0}}),
            "model svm: class_weights: balanced: class number 1 has no training row; give numbers");
}

// The loss and the gradient are those of a batch in which rows of class c occur weight[c] times.
TEST(ClassWeights, CountRowsSeveralTimes) {
  for (const std::string kind : {"logistic", "svm"}) {
    const auto weighted = MakeModel({kind, {{"class_weights", "2,1,3"}}}, kShape).value();
    const auto plain = MakeModel({kind, {}}, kShape).value();
    const conformance::SampleRows rows(40, kShape);
    Batch repeated{.columns = 3, .dense = {}, .sparse = {}, .labels = {}};
    const int times[] = {2, 1, 3};
    for (std::size_t row = 0; row < rows.dense.rows(); ++row) {
      for (int i = 0; i < times[static_cast<int>(rows.dense.labels[row])]; ++i) repeated.Append(rows.dense, row);
    }
    const auto parameters = conformance::SampleParameters(*plain);
    const conformance::Pass expected = conformance::Run(*plain, parameters, repeated);
    const conformance::Pass pass = conformance::Run(*weighted, parameters, rows.dense);
    EXPECT_NEAR(pass.score.loss, expected.score.loss, 1e-6 * expected.score.loss);
    EXPECT_LT(conformance::Furthest(pass.gradient, expected.gradient), 1e-4);
    EXPECT_EQ(pass.score.rows, 40);
    EXPECT_EQ(pass.score.correct, plain->Evaluate(parameters, rows.dense).correct);
  }
}

}  // namespace
}  // namespace lambdaml
