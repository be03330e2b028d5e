// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "model/model_conformance.h"

namespace lambdaml {
namespace {

TEST(Logistic, Conforms) {
  CheckModel({"logistic", {}});
  CheckModel({"logistic", {{"l2", "0.1"}}});
  CheckModel({"logistic", {{"l1", "0.2"}, {"l2", "0.1"}, {"class_weights", "balanced"}}});
}

TEST(Logistic, PredictsProbabilitiesWhoseLogarithmIsTheLoss) {
  for (const std::size_t classes : {2U, 4U}) {
    const Shape shape{.columns = 6, .classes = classes};
    const auto model = MakeModel({"logistic", {}}, shape).value();
    const conformance::SampleRows rows(50, shape);
    const auto parameters = conformance::SampleParameters(*model);
    std::vector<float> p(rows.dense.rows() * classes);
    model->Predict(parameters, rows.dense, p);
    double loss = 0;
    for (std::size_t row = 0; row < rows.dense.rows(); ++row) {
      double total = 0;
      for (std::size_t c = 0; c < classes; ++c) total += p[row * classes + c];
      EXPECT_NEAR(total, 1, 1e-6);
      loss -= std::log(p[row * classes + static_cast<std::size_t>(rows.dense.labels[row])]);
    }
    EXPECT_NEAR(loss, model->Evaluate(parameters, rows.dense).loss, 1e-5 * loss);
  }
}

TEST(Logistic, PenaltyLeavesTheBiasOut) {
  const auto model = MakeModel({"logistic", {{"l2", "0.5"}}}, {.columns = 2, .classes = 2}).value();
  const std::vector<float> parameters = {3, -2, 100};
  std::vector<float> gradient = {1, 1, 1};
  model->penalty().AddSmoothGradient(parameters, 2, gradient);
  EXPECT_EQ(model->penalty().ValueAt(parameters), 0.5 / 2 * 13);
  EXPECT_EQ(gradient, (std::vector<float>{4, -1, 1}));
}

// Millions of rows are summed in two levels: the float gradient stays close to the exact one.
TEST(Logistic, GradientOfManyRowsIsAccurate) {
  constexpr std::size_t kRows = 300'000;
  const std::vector<float> x(20, 0.1F);
  Batch batch;
  batch.columns = x.size();
  batch.dense.assign(kRows, x.data());
  batch.labels.assign(kRows, 0.0F);
  const auto model = MakeModel({"logistic", {}}, {.columns = x.size(), .classes = 2}).value();
  const std::vector<float> zeros(model->parameter_count());
  const conformance::Pass pass = conformance::Run(*model, zeros, batch);
  EXPECT_NEAR(pass.gradient[0], 0.05 * kRows, 1e-5 * kRows * 0.05);
  EXPECT_NEAR(pass.score.loss, std::log(2.0) * kRows, 1e-7 * kRows);
}

}  // namespace
}  // namespace lambdaml
