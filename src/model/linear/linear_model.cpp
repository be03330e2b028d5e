// SPDX-License-Identifier: Apache-2.0
#include "model/linear/linear_model.h"

#include <algorithm>

#include "base/text.h"

namespace lambdaml::linear {

namespace {

class LinearModel final : public Model {
 public:
  LinearModel(const LinearLoss& loss, const LinearSettings& settings, const Shape& shape)
      : penalty_{.l1 = 0, .l2 = settings.l2, .count = shape.columns * (shape.classes == 2 ? 1 : shape.classes)},
        classes_(shape.classes),
        shape_{.columns = shape.columns, .outputs = shape.classes == 2 ? 1 : shape.classes},
        loss_(shape.classes == 2 ? loss.binary : loss.several),
        predicts_probabilities_(loss.predicts_probabilities) {}

  Learns learns() const override { return Learns::kClasses; }
  std::size_t parameter_count() const override { return shape_.parameter_count(); }

  std::vector<Tensor> tensors() const override {
    return {{.name = "weight", .shape = {shape_.outputs, shape_.columns}, .offset = 0},
            {.name = "bias", .shape = {shape_.outputs}, .offset = shape_.weight_count()}};
  }

  Penalty penalty() const override { return penalty_; }

  void Initialise(std::span<float> parameters, std::uint64_t) const override {
    std::fill(parameters.begin(), parameters.end(), 0.0F);
  }

  Score AddGradient(std::span<const float> parameters, const RowSpan& batch, std::span<float> gradient) const override {
    return linear::AddGradient({shape_, parameters}, batch, {.kernel = loss_}, gradient);
  }

  Score Evaluate(std::span<const float> parameters, const RowSpan& batch) const override {
    return linear::SumLosses({shape_, parameters}, batch, {.kernel = loss_});
  }

  std::size_t outputs() const override { return classes_; }

  void Predict(std::span<const float> parameters, const RowSpan& batch, std::span<float> predictions) const override {
    const math::LossKernel link = predicts_probabilities_ ? loss_ : nullptr;
    const std::size_t rows = batch.rows();
    if (classes_ != 2) return linear::Predict({shape_, parameters}, batch, link, predictions);
    const auto positive = predictions.last(rows);  // written first, then spread from the front: never overtaken
    linear::Predict({shape_, parameters}, batch, link, positive);
    for (std::size_t row = 0; row < rows; ++row) {
      const float of_one = positive[row];
      predictions[2 * row] = predicts_probabilities_ ? 1 - of_one : -of_one;
      predictions[2 * row + 1] = of_one;
    }
  }

 private:
  Penalty penalty_;
  std::size_t classes_;
  LinearShape shape_;
  math::LossKernel loss_;
  bool predicts_probabilities_;
};

}  // namespace

Result<std::unique_ptr<Model>> MakeLinear(const LinearLoss& loss, const Choice& choice, const Shape& shape) {
  LinearSettings settings;
  TRY(Apply(choice, Describe(settings), StrCat("model ", loss.name)));
  return std::unique_ptr<Model>(std::make_unique<LinearModel>(loss, settings, shape));
}

}  // namespace lambdaml::linear
