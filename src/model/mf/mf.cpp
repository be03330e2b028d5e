// SPDX-License-Identifier: Apache-2.0
#include "model/mf/mf.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "base/text.h"
#include "math/kernels.h"

namespace lambdaml::mf {

namespace {

// Of the first factors' products, relative to what factors of size 1 would have.
constexpr double kStartSpread = 0.1;

class Mf final : public Model {
 public:
  Mf(const MfSettings& settings, std::size_t columns)
      : columns_(columns),
        factors_(static_cast<std::size_t>(settings.factors)),
        scale_(std::sqrt(std::sqrt(static_cast<float>(columns)))),
        l2_(settings.l2),
        kernels_(math::BestKernels()) {}

  Learns learns() const override { return Learns::kNumbers; }
  std::size_t parameter_count() const override { return columns_ * (factors_ + 1) + 1; }

  std::vector<Tensor> tensors() const override {
    return {{.name = "factors", .shape = {columns_, factors_}, .offset = 0},
            {.name = "biases", .shape = {columns_}, .offset = columns_ * factors_},
            {.name = "mu", .shape = {1}, .offset = columns_ * (factors_ + 1)}};
  }

  // A row has two columns, so a column is in 2 / columns of the rows on average.
  Penalty penalty() const override {
    const double squared_scale = std::sqrt(static_cast<double>(columns_));
    return {.l1 = 0, .l2 = l2_ * squared_scale * 2 / static_cast<double>(columns_), .count = columns_ * (factors_ + 1)};
  }

  // Factors of mean 0 and standard deviation 0.1 / sqrt(factors), so that they can grow apart; the rest is 0. Uniform:
  // logarithms would not have the same bits everywhere.
  void Initialise(std::span<float> parameters, std::uint64_t seed) const override {
    std::ranges::fill(parameters, 0.0F);
    const double spread = kStartSpread / std::sqrt(static_cast<double>(factors_)) / static_cast<double>(scale_);
    const double limit = std::sqrt(3.0) * spread;
    Random random(seed, 0);
    for (float& factor : parameters.first(columns_ * factors_)) {
      factor = static_cast<float>(limit * (2 * random.Uniform() - 1));
    }
  }

  Score AddGradient(std::span<const float> parameters, const RowSpan& rows, std::span<float> gradient) const override {
    double mu_gradient = 0;
    const Score score = ForRows(parameters, rows, [&](std::size_t, const SparseRow& row, float error) {
      const float scaled = error * scale_;
      const std::size_t biases = columns_ * factors_;
      for (std::size_t side = 0; side < 2; ++side) {
        const float* const other = parameters.data() + row.index[1 - side] * factors_;
        kernels_.axpy(scaled * scale_, other, gradient.data() + row.index[side] * factors_, factors_);
        gradient[biases + row.index[side]] += scaled;
      }
      mu_gradient += static_cast<double>(error);
    });
    gradient.back() += static_cast<float>(mu_gradient);
    return score;
  }

  Score Evaluate(std::span<const float> parameters, const RowSpan& rows) const override {
    return ForRows(parameters, rows, [](std::size_t, const SparseRow&, float) {});
  }

  std::size_t outputs() const override { return 1; }

  void Predict(std::span<const float> parameters, const RowSpan& rows, std::span<float> predictions) const override {
    std::ranges::fill(predictions, std::numeric_limits<float>::quiet_NaN());
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      if (IsPair(rows, i)) predictions[i] = PredictionOf(parameters, rows.sparse()[i]);
    }
  }

  Result<void> Check(const RowSpan& rows) const override {
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      if (!rows.is_sparse()) return Refusal("the rows are dense");
      if (!IsPair(rows, i)) return Refusal(StrCat("row ", i, " is no pair of two ones"));
    }
    return {};
  }

 private:
  static Error Refusal(std::string_view what) {
    return {Code::kInvalid, StrCat("model mf: a row must be a user and an item, but ", what,
                                   "; import lines of user, item and rating with `lambdaml data import --format "
                                   "ratings`, and do not standardise")};
  }

  static bool IsPair(const RowSpan& rows, std::size_t i) {
    if (!rows.is_sparse()) return false;
    const SparseRow& row = rows.sparse()[i];
    return row.size == 2 && row.value[0] == 1 && row.value[1] == 1;
  }

  float PredictionOf(std::span<const float> parameters, const SparseRow& row) const {
    const float* const user = parameters.data() + row.index[0] * factors_;
    const float* const item = parameters.data() + row.index[1] * factors_;
    const float* const biases = parameters.data() + columns_ * factors_;
    const float product = kernels_.dot(user, item, factors_);
    return parameters.back() + scale_ * (biases[row.index[0]] + biases[row.index[1]] + scale_ * product);
  }

  // Calls visit(number, row, prediction - label) for each row. A row that is no pair has no prediction: its loss is not
  // a number.
  template <class Visit>
  Score ForRows(std::span<const float> parameters, const RowSpan& rows, const Visit& visit) const {
    Score score{.rows = static_cast<double>(rows.rows())};
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      if (!IsPair(rows, i)) {
        score.squares = std::numeric_limits<double>::quiet_NaN();
        continue;
      }
      const float error = PredictionOf(parameters, rows.sparse()[i]) - rows.labels()[i];
      score.squares += static_cast<double>(error) * static_cast<double>(error);
      visit(i, rows.sparse()[i], error);
    }
    score.loss = score.squares / 2;
    return score;
  }

  std::size_t columns_;
  std::size_t factors_;
  float scale_;
  double l2_;
  const math::Kernels& kernels_;
};

}  // namespace

Result<std::unique_ptr<Model>> MakeMf(const Choice& choice, const Shape& shape) {
  MfSettings settings;
  TRY(Apply(choice, Describe(settings), "model mf"));
  return std::unique_ptr<Model>(std::make_unique<Mf>(settings, shape.columns));
}

}  // namespace lambdaml::mf
