// SPDX-License-Identifier: Apache-2.0
#include "worker/plain_model.h"

#include <algorithm>

#include "base/text.h"

namespace lambdaml {

namespace {

const Tensor* FindTensor(const std::vector<Tensor>& tensors, std::string_view name) {
  const auto found = std::ranges::find(tensors, name, &Tensor::name);
  return found == tensors.end() ? nullptr : &*found;
}

std::vector<float> ValuesOf(const TrainedModel& trained, const Tensor& tensor, std::size_t size) {
  const auto begin = trained.parameters.begin() + static_cast<std::ptrdiff_t>(tensor.offset);
  return {begin, begin + static_cast<std::ptrdiff_t>(size)};
}

PlainKind KindOf(const TrainedModel& trained) {
  if (trained.model->learns() == Learns::kNumbers) return PlainKind::kNumbers;
  return trained.kind.kind == "logistic" ? PlainKind::kProbabilities : PlainKind::kMargins;
}

// w . (x - mean) / scale + b  =  (w / scale) . x + (b - w . mean / scale)
void Fold(const Standardisation& standardise, PlainModel& plain) {
  for (std::size_t row = 0; row < plain.rows; ++row) {
    double shift = 0;
    for (std::size_t i = 0; i < plain.columns; ++i) {
      float& weight = plain.weight[row * plain.columns + i];
      weight /= standardise.scale[i];
      shift += static_cast<double>(weight) * standardise.mean[i];
    }
    plain.bias[row] -= static_cast<float>(shift);
  }
}

}  // namespace

Result<PlainModel> PlainModelOf(const TrainedModel& trained) {
  const std::vector<Tensor> tensors = trained.model->tensors();
  const Tensor* const weight = FindTensor(tensors, "weight");
  const Tensor* const bias = FindTensor(tensors, "bias");
  const Tensor* const centres = FindTensor(tensors, "centres");
  PlainModel plain{.columns = trained.columns, .weight = {}, .bias = {}, .standardise = {}};
  if (trained.model->learns() == Learns::kClusters && centres != nullptr) {
    plain.kind = PlainKind::kClusters;
    plain.rows = centres->shape[0];
    plain.weight = ValuesOf(trained, *centres, plain.rows * plain.columns);
    plain.standardise = trained.standardisation;
    return plain;
  }
  if (weight == nullptr || bias == nullptr) {
    return Error{Code::kInvalid, StrCat("a model of kind ", trained.kind.kind,
                                        " is neither linear nor k-means: use it with `lambdaml predict`, or read its "
                                        "tensors from model.safetensors")};
  }
  plain.kind = KindOf(trained);
  plain.rows = bias->shape[0];
  plain.weight = ValuesOf(trained, *weight, plain.rows * plain.columns);
  plain.bias = ValuesOf(trained, *bias, plain.rows);
  if (!trained.standardisation.mean.empty()) Fold(trained.standardisation, plain);
  return plain;
}

}  // namespace lambdaml
