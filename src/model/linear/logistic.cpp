// SPDX-License-Identifier: Apache-2.0
#include "model/linear/logistic.h"

namespace lambdaml::linear {

Result<std::unique_ptr<Model>> MakeLogistic(const Choice& choice, const Shape& shape) {
  const math::Kernels& kernels = math::BestKernels();
  const LinearLoss loss{
      .name = "logistic", .binary = kernels.logistic, .several = kernels.softmax, .predicts_probabilities = true};
  return MakeLinear(loss, choice, shape);
}

}  // namespace lambdaml::linear
