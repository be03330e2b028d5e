// SPDX-License-Identifier: Apache-2.0
#include "model/linear/svm.h"

namespace lambdaml::linear {

Result<std::unique_ptr<Model>> MakeSvm(const Choice& choice, const Shape& shape) {
  SvmSettings settings;
  TRY(Apply(choice, Describe(settings), "model svm"));
  const math::Kernels& kernels = math::BestKernels();
  const bool smooth = settings.loss == "squared_hinge";
  return MakeLinearModel({.learns = Learns::kClasses,
                          .columns = shape.columns,
                          .classes = shape.classes,
                          .loss = smooth ? kernels.squared_hinge : kernels.hinge,
                          .smooth = smooth,
                          .penalty = settings.classes.penalty,
                          .class_weights = TRY(ClassWeightsOf(settings.classes.class_weights, shape, "svm"))});
}

}  // namespace lambdaml::linear
