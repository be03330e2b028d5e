// SPDX-License-Identifier: Apache-2.0
#include "model/linear/regression.h"

namespace lambdaml::linear {

Result<std::unique_ptr<Model>> MakeRegression(const Choice& choice, const Shape& shape) {
  RegressionSettings settings;
  TRY(Apply(choice, Describe(settings), "model linear"));
  const math::Kernels& kernels = math::BestKernels();
  return MakeLinearModel({.learns = Learns::kNumbers,
                          .columns = shape.columns,
                          .loss = settings.loss == "huber" ? kernels.huber : kernels.squares,
                          .penalty = settings.penalty,
                          .delta = static_cast<float>(settings.delta)});
}

}  // namespace lambdaml::linear
