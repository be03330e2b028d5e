// SPDX-License-Identifier: Apache-2.0
#include "model/linear/logistic.h"

namespace lambdaml::linear {

Result<std::unique_ptr<Model>> MakeLogistic(const Choice& choice, const Shape& shape) {
  LogisticSettings settings;
  TRY(Apply(choice, Describe(settings), "model logistic"));
  const math::Kernels& kernels = math::BestKernels();
  const math::LossKernel loss = shape.classes == 2 ? kernels.logistic : kernels.softmax;
  return MakeLinearModel({.learns = Learns::kClasses,
                          .columns = shape.columns,
                          .classes = shape.classes,
                          .loss = loss,
                          .link = loss,
                          .penalty = settings.penalty,
                          .class_weights = TRY(ClassWeightsOf(settings.class_weights, shape, "logistic"))});
}

}  // namespace lambdaml::linear
