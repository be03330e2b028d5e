// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every model of classes promises, as one call in the model's own test:
//
//   TEST(Logistic, Conforms) { CheckModel({"logistic", {{"l2", "0.1"}}}); }

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "model/registry.h"

namespace lambdaml::conformance {

// Rows on a grid of 1/4, half of the values 0. With parameters on a grid of 1/8 and biases that are odd multiples of
// 1/64, outputs stay 1/64 away from the kinks of piecewise linear losses, where there is no derivative.
struct SampleRows {
  SampleRows(std::size_t rows, const Shape& shape) {
    Random random(11, shape.columns * 100 + shape.classes);
    values.resize(rows * shape.columns);
    for (float& x : values) {
      x = random.Below(2) == 0 ? 0.0F : static_cast<float>(random.Below(17)) / 4 - 2;
    }
    dense.columns = sparse.columns = shape.columns;
    index.reserve(values.size());
    nonzero.reserve(values.size());
    for (std::size_t row = 0; row < rows; ++row) {
      dense.dense.push_back(values.data() + row * shape.columns);
      dense.labels.push_back(static_cast<float>(random.Below(shape.classes)));
      sparse.sparse.push_back(Sparse(dense.dense.back()));
    }
    sparse.labels = dense.labels;
  }

  SparseRow Sparse(const float* row) {
    const std::size_t begin = index.size();
    for (std::uint32_t i = 0; i < dense.columns; ++i) {
      if (row[i] == 0) continue;
      index.push_back(i);
      nonzero.push_back(row[i]);
    }
    return {index.data() + begin, nonzero.data() + begin, static_cast<std::uint32_t>(index.size() - begin)};
  }

  std::vector<float> values;
  std::vector<std::uint32_t> index;
  std::vector<float> nonzero;
  Batch dense;
  Batch sparse;
};

inline std::vector<float> SampleParameters(const Model& model) {
  Random random(13, model.parameter_count());
  std::vector<float> parameters(model.parameter_count());
  for (float& p : parameters) p = static_cast<float>(random.Below(9)) / 8 - 0.5F;
  for (const Tensor& tensor : model.tensors()) {
    if (tensor.name != "bias") continue;
    for (std::size_t i = 0; i < tensor.shape[0]; ++i) parameters[tensor.offset + i] += 1.0F / 64;
  }
  return parameters;
}

struct Pass {
  Score score;
  std::vector<float> gradient;
};

inline Pass Run(const Model& model, std::span<const float> parameters, const Batch& batch) {
  Pass pass{.score = {}, .gradient = std::vector<float>(model.parameter_count())};
  pass.score = model.AddGradient(parameters, batch, pass.gradient);
  return pass;
}

inline double Furthest(std::span<const float> a, std::span<const float> b) {
  double distance = 0;
  for (std::size_t i = 0; i < a.size(); ++i) distance = std::max<double>(distance, std::abs(a[i] - b[i]));
  return distance;
}

// Central differences of the summed loss and of the penalty.
inline void CheckGradient(const Model& model, const Batch& batch) {
  constexpr float kStep = 1.0F / 1024;
  auto parameters = SampleParameters(model);
  const Pass pass = Run(model, parameters, batch);
  std::vector<float> penalty(parameters.size());
  model.penalty().AddSmoothGradient(parameters, 1, penalty);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const float here = parameters[i];
    parameters[i] = here + kStep;
    const double above = model.Evaluate(parameters, batch).loss;
    const double penalty_above = model.penalty().ValueAt(parameters);
    parameters[i] = here - kStep;
    const double slope = (above - model.Evaluate(parameters, batch).loss) / (2 * kStep);
    const double penalty_slope = (penalty_above - model.penalty().ValueAt(parameters)) / (2 * kStep);
    parameters[i] = here;
    ASSERT_NEAR(pass.gradient[i], slope, 2e-3 * static_cast<double>(batch.rows()) / 10) << "parameter " << i;
    ASSERT_NEAR(penalty[i], penalty_slope, 1e-4) << "parameter " << i;
  }
}

inline void CheckFormsAgree(const Model& model, const SampleRows& rows) {
  const auto parameters = SampleParameters(model);
  const Pass dense = Run(model, parameters, rows.dense);
  const Pass sparse = Run(model, parameters, rows.sparse);
  EXPECT_NEAR(dense.score.loss, sparse.score.loss, 1e-5 * dense.score.loss);
  EXPECT_EQ(dense.score.correct, sparse.score.correct);
  EXPECT_LT(Furthest(dense.gradient, sparse.gradient), 1e-5 * static_cast<double>(rows.dense.rows()));
  const Score evaluated = model.Evaluate(parameters, rows.dense);
  EXPECT_EQ(evaluated.loss, dense.score.loss);
  EXPECT_EQ(evaluated.correct, dense.score.correct);
  EXPECT_EQ(evaluated.rows, static_cast<double>(rows.dense.rows()));
}

inline void CheckAdditivity(const Model& model, const Batch& all) {
  const auto parameters = SampleParameters(model);
  Batch parts[2];
  for (std::size_t row = 0; row < all.rows(); ++row) {
    Batch& part = parts[row % 3 == 0 ? 0 : 1];
    part.columns = all.columns;
    part.Append(all, row);
  }
  const Pass whole = Run(model, parameters, all);
  Pass sum = Run(model, parameters, parts[0]);
  const Score second = model.AddGradient(parameters, parts[1], sum.gradient);
  EXPECT_NEAR(whole.score.loss, sum.score.loss + second.loss, 1e-6 * whole.score.loss);
  EXPECT_EQ(whole.score.correct, sum.score.correct + second.correct);
  EXPECT_EQ(whole.score.rows, sum.score.rows + second.rows);
  EXPECT_LT(Furthest(whole.gradient, sum.gradient), 1e-5 * static_cast<double>(all.rows()));
}

// The same bits again, also for rows that lie elsewhere in memory.
inline void CheckDeterminism(const Model& model, const SampleRows& rows) {
  const auto parameters = SampleParameters(model);
  std::vector<float> moved(rows.values.size() + 1);
  std::copy(rows.values.begin(), rows.values.end(), moved.begin() + 1);
  Batch elsewhere = rows.dense;
  for (std::size_t row = 0; row < elsewhere.rows(); ++row) {
    elsewhere.dense[row] = moved.data() + 1 + row * elsewhere.columns;
  }
  const Pass once = Run(model, parameters, rows.dense);
  const Pass again = Run(model, parameters, elsewhere);
  EXPECT_EQ(once.score.loss, again.score.loss);
  EXPECT_EQ(once.gradient, again.gradient);
  EXPECT_EQ(Run(model, parameters, rows.sparse).gradient, Run(model, parameters, rows.sparse).gradient);
}

inline void CheckPredictions(const Model& model, const Batch& batch) {
  const auto parameters = SampleParameters(model);
  const std::size_t outputs = model.outputs();
  std::vector<float> predictions(batch.rows() * outputs);
  model.Predict(parameters, batch, predictions);
  double correct = 0;
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    const float* const first = predictions.data() + row * outputs;
    const auto best = std::max_element(first, first + outputs) - first;
    correct += static_cast<float>(best) == batch.labels[row] ? 1 : 0;
  }
  EXPECT_EQ(correct, model.Evaluate(parameters, batch).correct);
}

inline void CheckParameters(const Model& model) {
  std::size_t end = 0;
  for (const Tensor& tensor : model.tensors()) {
    EXPECT_EQ(tensor.offset, end) << tensor.name;
    std::size_t size = 1;
    for (const std::size_t extent : tensor.shape) size *= extent;
    end += size;
  }
  EXPECT_EQ(end, model.parameter_count());
  std::vector<float> once(end, 1.0F);
  std::vector<float> again(end, 2.0F);
  model.Initialise(once, 1);
  model.Initialise(again, 1);
  EXPECT_EQ(once, again);
}

inline void CheckEmptyBatch(const Model& model, std::size_t columns) {
  const Batch none{.columns = columns, .dense = {}, .sparse = {}, .labels = {}};
  const auto parameters = SampleParameters(model);
  const Pass pass = Run(model, parameters, none);
  EXPECT_EQ(pass.score.rows, 0);
  EXPECT_EQ(pass.score.loss, 0);
  EXPECT_EQ(pass.gradient, std::vector<float>(model.parameter_count()));
}

inline void CheckShape(const Choice& choice, const Shape& shape, std::size_t row_count) {
  SCOPED_TRACE(::testing::Message() << shape.columns << " columns, " << shape.classes << " classes, " << row_count
                                    << " rows");
  const auto made = MakeModel(choice, shape);
  ASSERT_TRUE(made.ok()) << made.error().message;
  const Model& model = *made.value();
  const SampleRows rows(row_count, shape);
  CheckParameters(model);
  CheckFormsAgree(model, rows);
  CheckAdditivity(model, rows.dense);
  CheckAdditivity(model, rows.sparse);
  CheckDeterminism(model, rows);
  CheckPredictions(model, rows.dense);
  CheckPredictions(model, rows.sparse);
  CheckEmptyBatch(model, shape.columns);
  if (model.parameter_count() * row_count > 20'000) return;
  CheckGradient(model, rows.dense);
  CheckGradient(model, rows.sparse);
}

}  // namespace lambdaml::conformance

namespace lambdaml {

inline void CheckModel(const Choice& choice) {
  for (const std::size_t classes : {2U, 3U, 10U}) {
    conformance::CheckShape(choice, {.columns = 1, .classes = classes}, 7);
    conformance::CheckShape(choice, {.columns = 5, .classes = classes}, 70);
    conformance::CheckShape(choice, {.columns = 16, .classes = classes}, 65);
    conformance::CheckShape(choice, {.columns = 33, .classes = classes}, 30);
    conformance::CheckShape(choice, {.columns = 300, .classes = classes}, 131);
  }
}

}  // namespace lambdaml
