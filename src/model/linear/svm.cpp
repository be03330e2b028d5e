// SPDX-License-Identifier: Apache-2.0
#include "model/linear/svm.h"

namespace lambdaml::linear {

Result<std::unique_ptr<Model>> MakeSvm(const Choice& choice, const Shape& shape) {
  const math::Kernels& kernels = math::BestKernels();
  const LinearLoss loss{
      .name = "svm", .binary = kernels.hinge, .several = kernels.hinge, .predicts_probabilities = false};
  return MakeLinear(loss, choice, shape);
}

}  // namespace lambdaml::linear
