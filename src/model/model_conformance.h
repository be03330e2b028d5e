// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every model that is trained by its gradient promises, as one call in the model's own test:
//
//   TEST(Logistic, Conforms) { CheckModel({"logistic", {{"l2", "0.1"}}}); }
//
// CheckModelOfNumbers is for models of numbers, CheckModelOfPairs for those whose rows are pairs of ones.

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "model/registry.h"

namespace lambdaml::conformance {

// What the rows of a model look like: anything, or sparse ones of two ones each.
enum class RowForm { kAny, kPairs };

// Rows on a grid of 1/4, half of the values 0. With parameters on a grid of 1/8 and biases that are odd multiples of
// 1/64, outputs stay 1/64 away from the kinks of piecewise linear losses, where there is no derivative. Labels are
// classes, or where there are none numbers on a grid of 1/2. Pairs have no dense form.
struct SampleRows {
  SampleRows(std::size_t rows, const Shape& shape, RowForm form = RowForm::kAny) {
    Random random(11, shape.columns * 100 + shape.classes);
    values.resize(rows * shape.columns);
    dense.columns = sparse.columns = shape.columns;
    index.reserve(values.size());
    nonzero.reserve(values.size());
    for (std::size_t row = 0; row < rows; ++row) {
      const auto own = std::span(values).subspan(row * shape.columns, shape.columns);
      form == RowForm::kAny ? FillAny(own, random) : FillPair(own, random);
      dense.dense.push_back(own.data());
      sparse.sparse.push_back(Sparse(own.data()));
      dense.labels.push_back(shape.classes > 0 ? static_cast<float>(random.Below(shape.classes))
                                               : static_cast<float>(random.Below(9)) / 2);
    }
    sparse.labels = dense.labels;
    if (form == RowForm::kPairs) dense.Clear();
  }

  static void FillAny(std::span<float> row, Random& random) {
    for (float& x : row) x = random.Below(2) == 0 ? 0.0F : static_cast<float>(random.Below(17)) / 4 - 2;
  }

  // One of the first half of the columns and one of the second.
  static void FillPair(std::span<float> row, Random& random) {
    const std::size_t users = row.size() / 2;
    row[random.Below(users)] = 1;
    row[users + random.Below(row.size() - users)] = 1;
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

// Of central differences. Losses of rows are rounded to floats, so a difference of two is off by about 2^-24 of them.
inline constexpr float kStep = 1.0F / 1024;
inline constexpr double kRounding = 0x1p-24 / (2 * static_cast<double>(kStep));

// The slope of value(parameters) along parameter i.
template <class Value>
double Slope(std::vector<float>& parameters, std::size_t i, const Value& value) {
  const float here = parameters[i];
  parameters[i] = here + kStep;
  const double above = value(parameters);
  parameters[i] = here - kStep;
  const double below = value(parameters);
  parameters[i] = here;
  return (above - below) / (2 * kStep);
}

inline double Sign(float x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

// The gradient of the summed loss, and that of the penalty but for its l1 part, whose slope is l1 times the sign (0 at
// 0, from both sides). Gradients are much larger than what they may differ by, or the check would say nothing.
inline void CheckGradient(const Model& model, const Batch& batch) {
  auto parameters = SampleParameters(model);
  const Pass pass = Run(model, parameters, batch);
  const Penalty penalty = model.penalty();
  std::vector<float> smooth(parameters.size());
  penalty.AddSmoothGradient(parameters, 1, smooth);
  const double tolerance = 1e-4 * static_cast<double>(batch.rows()) + kRounding * pass.score.loss;
  EXPECT_GT(Furthest(pass.gradient, std::vector<float>(pass.gradient.size())), 20 * tolerance);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double slope = Slope(parameters, i, [&](const auto& at) { return model.Evaluate(at, batch).loss; });
    ASSERT_NEAR(pass.gradient[i], slope, tolerance + 2e-4 * std::abs(slope)) << "parameter " << i;
    const double penalty_slope = Slope(parameters, i, [&](const auto& at) { return penalty.ValueAt(at); });
    const double l1_slope = i < penalty.count ? penalty.l1 * Sign(parameters[i]) : 0;
    ASSERT_NEAR(smooth[i] + l1_slope, penalty_slope, 1e-4) << "parameter " << i;
  }
}

// Biases and offsets are free; everything else is punished as much as the settings say.
inline void CheckPenalty(const Model& model, const Choice& choice) {
  const Penalty penalty = model.penalty();
  EXPECT_EQ(penalty.l1 > 0, choice.settings.contains("l1"));
  EXPECT_EQ(penalty.l2 > 0, choice.settings.contains("l2"));
  EXPECT_GT(penalty.count, 0U);
  EXPECT_LT(penalty.count, model.parameter_count());
  std::vector<float> free(model.parameter_count());
  std::fill(free.begin() + static_cast<std::ptrdiff_t>(penalty.count), free.end(), 3.0F);
  EXPECT_EQ(penalty.ValueAt(free), 0);
}

inline void CheckFormsAgree(const Model& model, const SampleRows& rows) {
  const auto parameters = SampleParameters(model);
  const Pass dense = Run(model, parameters, rows.dense);
  const Pass sparse = Run(model, parameters, rows.sparse);
  EXPECT_NEAR(dense.score.loss, sparse.score.loss, 1e-5 * dense.score.loss);
  EXPECT_NEAR(dense.score.squares, sparse.score.squares, 1e-5 * dense.score.squares);
  EXPECT_EQ(dense.score.correct, sparse.score.correct);
  EXPECT_LT(Furthest(dense.gradient, sparse.gradient), 1e-5 * static_cast<double>(rows.dense.rows()));
}

// Evaluate and AddGradient give the same sums.
inline void CheckScores(const Model& model, const Batch& batch) {
  const auto parameters = SampleParameters(model);
  const Score evaluated = model.Evaluate(parameters, batch);
  const Score score = Run(model, parameters, batch).score;
  EXPECT_GT(evaluated.loss, 0);
  EXPECT_EQ(evaluated.loss, score.loss);
  EXPECT_EQ(evaluated.correct, score.correct);
  EXPECT_EQ(evaluated.squares, score.squares);
  EXPECT_EQ(evaluated.rows, static_cast<double>(batch.rows()));
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
  EXPECT_NEAR(whole.score.squares, sum.score.squares + second.squares, 1e-6 * whole.score.squares);
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
}

inline void CheckPredictions(const Model& model, const Batch& batch) {
  const auto parameters = SampleParameters(model);
  const std::size_t outputs = model.outputs();
  std::vector<float> predictions(batch.rows() * outputs);
  model.Predict(parameters, batch, predictions);
  const Score score = model.Evaluate(parameters, batch);
  double correct = 0;
  double squares = 0;
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    const float* const first = predictions.data() + row * outputs;
    const auto best = std::max_element(first, first + outputs) - first;
    correct += static_cast<float>(best) == batch.labels[row] ? 1 : 0;
    squares += std::pow(static_cast<double>(*first) - static_cast<double>(batch.labels[row]), 2);
  }
  if (model.learns() == Learns::kClasses) {
    EXPECT_EQ(correct, score.correct);
  } else {
    EXPECT_NEAR(squares, score.squares, 1e-5 * squares);
  }
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

// The rows of each class, but at least 1; none where labels are numbers.
inline std::vector<std::uint64_t> CountClasses(const SampleRows& rows, std::size_t classes) {
  std::vector<std::uint64_t> counts(classes);
  for (std::size_t row = 0; classes > 0 && row < rows.sparse.rows(); ++row) {
    ++counts[static_cast<std::size_t>(rows.sparse.labels[row])];
  }
  for (std::uint64_t& count : counts) count = std::max<std::uint64_t>(count, 1);
  return counts;
}

inline void CheckRows(const Model& model, const Batch& batch) {
  EXPECT_TRUE(model.Check(batch).ok());
  CheckScores(model, batch);
  CheckAdditivity(model, batch);
  CheckPredictions(model, batch);
  if (model.parameter_count() * batch.rows() <= 20'000) CheckGradient(model, batch);
}

inline void CheckShape(const Choice& choice, Shape shape, std::size_t row_count, RowForm form) {
  SCOPED_TRACE(::testing::Message() << shape.columns << " columns, " << shape.classes << " classes, " << row_count
                                    << " rows");
  const SampleRows rows(row_count, shape, form);
  shape.class_rows = CountClasses(rows, shape.classes);
  const auto made = MakeModel(choice, shape);
  ASSERT_TRUE(made.ok()) << made.error().message;
  const Model& model = *made.value();
  CheckParameters(model);
  CheckPenalty(model, choice);
  CheckEmptyBatch(model, shape.columns);
  CheckRows(model, rows.sparse);
  const auto parameters = SampleParameters(model);
  EXPECT_EQ(Run(model, parameters, rows.sparse).gradient, Run(model, parameters, rows.sparse).gradient);
  if (form == RowForm::kPairs) return;
  CheckRows(model, rows.dense);
  CheckFormsAgree(model, rows);
  CheckDeterminism(model, rows);
}

}  // namespace lambdaml::conformance

namespace lambdaml {

inline void CheckModel(const Choice& choice) {
  for (const std::size_t classes : {2U, 3U, 10U}) {
    conformance::CheckShape(choice, {.columns = 1, .classes = classes}, 27, conformance::RowForm::kAny);
    conformance::CheckShape(choice, {.columns = 5, .classes = classes}, 70, conformance::RowForm::kAny);
    conformance::CheckShape(choice, {.columns = 16, .classes = classes}, 65, conformance::RowForm::kAny);
    conformance::CheckShape(choice, {.columns = 33, .classes = classes}, 30, conformance::RowForm::kAny);
    conformance::CheckShape(choice, {.columns = 300, .classes = classes}, 131, conformance::RowForm::kAny);
  }
}

inline void CheckModelOfNumbers(const Choice& choice) {
  for (const std::size_t columns : {1U, 5U, 16U, 33U, 300U}) {
    conformance::CheckShape(choice, {.columns = columns}, 65, conformance::RowForm::kAny);
  }
}

inline void CheckModelOfPairs(const Choice& choice) {
  for (const std::size_t columns : {2U, 3U, 16U, 101U}) {
    conformance::CheckShape(choice, {.columns = columns}, 65, conformance::RowForm::kPairs);
  }
}

}  // namespace lambdaml
