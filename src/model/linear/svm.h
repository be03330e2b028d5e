// SPDX-License-Identifier: Apache-2.0
#pragma once

// A linear support vector machine: hinge loss max(0, 1 - y z) with y = +1 for the class and -1 for the rest. Two
// classes: one output, the second class is +1. More: one against the rest for each class, the losses are added (Rifkin,
// Klautau: In defense of one-vs-all classification, JMLR 2004).

#include "model/linear/linear_model.h"

namespace lambdaml::linear {

Result<std::unique_ptr<Model>> MakeSvm(const Choice& choice, const Shape& shape);

}  // namespace lambdaml::linear
