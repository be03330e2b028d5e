// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "model/model_conformance.h"

namespace lambdaml {
namespace {

// Millions of rows are summed in two levels: the float gradient stays close to the exact one.
TEST(SparseRows, GradientOfManyRowsIsAccurate) {
  constexpr std::size_t kRows = 300'000;
  const std::vector<std::uint32_t> index = {0, 2};
  const std::vector<float> value = {0.1F, 0.7F};
  Batch batch;
  batch.columns = 3;
  batch.sparse.assign(kRows, {index.data(), value.data(), 2});
  batch.labels.assign(kRows, 0.0F);
  const auto model = MakeModel({"logistic", {}}, {.columns = 3, .classes = 2}).value();
  const std::vector<float> zeros(model->parameter_count());
  const conformance::Pass pass = conformance::Run(*model, zeros, batch);
  EXPECT_NEAR(pass.gradient[0], 0.05 * kRows, 1e-5 * 0.05 * kRows);
  EXPECT_EQ(pass.gradient[1], 0);
  EXPECT_NEAR(pass.gradient[2], 0.35 * kRows, 1e-5 * 0.35 * kRows);
  EXPECT_NEAR(pass.gradient[3], 0.5 * kRows, 1e-6 * kRows);
  EXPECT_NEAR(pass.score.loss, std::log(2.0) * kRows, 1e-7 * kRows);
}

}  // namespace
}  // namespace lambdaml
