// SPDX-License-Identifier: Apache-2.0
#include "model/linear/class_weights.h"

#include <cmath>
#include <numeric>

#include "base/text.h"

namespace lambdaml::linear {

namespace {

Error Invalid(std::string_view model, std::string_view what) {
  return {Code::kInvalid, StrCat("model ", model, ": class_weights: ", what)};
}

// Each class weighs as much as any other (King, Zeng: Logistic regression in rare events data, 2001, for samples drawn
// by class): rows / (classes * rows of the class).
Result<std::vector<float>> Balanced(const Shape& shape, std::string_view model) {
  if (shape.class_rows.empty()) {
    return Invalid(model,
                   "balanced: this dataset does not tell the rows of each class; import it again, or give numbers");
  }
  const auto& rows = shape.class_rows;
  const auto total = static_cast<double>(std::accumulate(rows.begin(), rows.end(), std::uint64_t{0}));
  std::vector<float> weights;
  for (const std::uint64_t of_class : rows) {
    if (of_class == 0) {
      return Invalid(model, StrCat("balanced: class number ", weights.size(), " has no training row; give numbers"));
    }
    const double mean = static_cast<double>(of_class) * static_cast<double>(shape.classes);
    weights.push_back(static_cast<float>(total / mean));
  }
  return weights;
}

}  // namespace

Result<std::vector<float>> ClassWeightsOf(const std::string& text, const Shape& shape, std::string_view model) {
  if (text.empty()) return std::vector<float>();
  if (text == "balanced") return Balanced(shape, model);
  std::vector<float> weights;
  for (const std::string_view part : SplitText(text, ',')) {
    const auto weight = ParseDouble(Trim(part));
    if (!weight || !(*weight > 0) || !std::isfinite(static_cast<float>(*weight))) {
      return Invalid(model, StrCat("'", part, "' is not a number above 0; give '1,4.5' for example, or balanced"));
    }
    weights.push_back(static_cast<float>(*weight));
  }
  if (weights.size() == shape.classes) return weights;
  return Invalid(model,
                 StrCat(weights.size(), " numbers are given for ", shape.classes, " classes; give one for each"));
}

}  // namespace lambdaml::linear
