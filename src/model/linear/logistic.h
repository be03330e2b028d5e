// SPDX-License-Identifier: Apache-2.0
#pragma once

// Logistic regression. Two classes: p = 1 / (1 + e^-z), loss -log p or -log(1 - p). More: softmax, p_c = e^z_c / sum of
// e^z, loss -log p of the row's class (Hastie, Tibshirani, Friedman: The Elements of Statistical Learning, 4.4).

#include "model/linear/class_weights.h"

namespace lambdaml::linear {

using LogisticSettings = ClassSettings;

Result<std::unique_ptr<Model>> MakeLogistic(const Choice& choice, const Shape& shape);

}  // namespace lambdaml::linear
