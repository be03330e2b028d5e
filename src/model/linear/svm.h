// SPDX-License-Identifier: Apache-2.0
#pragma once

// A linear support vector machine: hinge loss max(0, 1 - y z) (Cortes, Vapnik: Support-vector networks, 1995), or its
// square, which is smooth (Hsieh et al.: A dual coordinate descent method for large-scale linear SVM, 2008), with
// y = +1 for the class and -1 for the rest. Two classes: one output, the second class is +1. More: one against the rest
// for each class, the losses are added (Rifkin, Klautau: In defense of one-vs-all classification, 2004).

#include "model/linear/class_weights.h"

namespace lambdaml::linear {

struct SvmSettings {
  ClassSettings classes = {};
  std::string loss = "hinge";
};

inline Fields Describe(SvmSettings& s) {
  Fields fields = Describe(s.classes);
  fields.emplace_back("loss", s.loss, "hinge: max(0, 1 - margin); squared_hinge: its square, which is smooth",
                      Bounds{.one_of = {"hinge", "squared_hinge"}});
  return fields;
}

Result<std::unique_ptr<Model>> MakeSvm(const Choice& choice, const Shape& shape);

}  // namespace lambdaml::linear
