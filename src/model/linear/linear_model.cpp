// SPDX-License-Identifier: Apache-2.0
#include "model/linear/linear_model.h"

#include <algorithm>
#include <utility>

namespace lambdaml::linear {

namespace {

class LinearModel final : public Model {
 public:
  explicit LinearModel(LinearSpec spec)
      : spec_(std::move(spec)), shape_{.columns = spec_.columns, .outputs = spec_.classes > 2 ? spec_.classes : 1} {}

  Learns learns() const override { return spec_.learns; }
  std::size_t parameter_count() const override { return shape_.parameter_count(); }

  std::vector<Tensor> tensors() const override {
    return {{.name = "weight", .shape = {shape_.outputs, shape_.columns}, .offset = 0},
            {.name = "bias", .shape = {shape_.outputs}, .offset = shape_.weight_count()}};
  }

  bool smooth() const override { return spec_.smooth; }

  Penalty penalty() const override {
    return {.l1 = spec_.penalty.l1, .l2 = spec_.penalty.l2, .count = shape_.weight_count()};
  }

  void Initialise(std::span<float> parameters, std::uint64_t) const override {
    std::fill(parameters.begin(), parameters.end(), 0.0F);
  }

  Score AddGradient(std::span<const float> parameters, const RowSpan& batch, std::span<float> gradient) const override {
    return linear::AddGradient({shape_, parameters}, batch, Loss(), gradient);
  }

  Score Evaluate(std::span<const float> parameters, const RowSpan& batch) const override {
    return linear::SumLosses({shape_, parameters}, batch, Loss());
  }

  std::size_t outputs() const override { return std::max<std::size_t>(spec_.classes, 1); }

  void Predict(std::span<const float> parameters, const RowSpan& batch, std::span<float> predictions) const override {
    const std::size_t rows = batch.rows();
    if (spec_.classes != 2) return linear::Predict({shape_, parameters}, batch, spec_.link, predictions);
    const auto positive = predictions.last(rows);  // written first, then spread from the front: never overtaken
    linear::Predict({shape_, parameters}, batch, spec_.link, positive);
    for (std::size_t row = 0; row < rows; ++row) {
      const float of_one = positive[row];
      predictions[2 * row] = spec_.link != nullptr ? 1 - of_one : -of_one;
      predictions[2 * row + 1] = of_one;
    }
  }

 private:
  RowLoss Loss() const { return {.kernel = spec_.loss, .class_weights = spec_.class_weights, .delta = spec_.delta}; }

  const LinearSpec spec_;
  const LinearShape shape_;
};

}  // namespace

std::unique_ptr<Model> MakeLinearModel(LinearSpec spec) { return std::make_unique<LinearModel>(std::move(spec)); }

}  // namespace lambdaml::linear
