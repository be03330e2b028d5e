// SPDX-License-Identifier: Apache-2.0
#pragma once

// Factors of the classes' losses, for classes that are rare or costly.

#include <string>
#include <string_view>
#include <vector>

#include "model/linear/linear_model.h"

namespace lambdaml::linear {

struct ClassSettings {
  PenaltySettings penalty = {};
  std::string class_weights = {};
};

inline Fields Describe(ClassSettings& s) {
  Fields fields = Describe(s.penalty);
  fields.emplace_back("class_weights", s.class_weights,
                      "factors of the classes' losses in order of class, as in '1,4.5'; or balanced: rows / (classes * "
                      "rows of the class)");
  return fields;
}

// The factor of each class by the setting class_weights, empty for an empty text. kInvalid, in the name of `model`, for
// anything but one number above 0 for each class, or for "balanced" where class_rows are not known or one of them is 0.
Result<std::vector<float>> ClassWeightsOf(const std::string& text, const Shape& shape, std::string_view model);

}  // namespace lambdaml::linear
