// SPDX-License-Identifier: Apache-2.0
#pragma once

// Linear regression: the error e is w x + b minus the label, the loss e^2 / 2 or Huber's, which grows like |e| beyond
// delta and so gives outliers less weight (Huber: Robust estimation of a location parameter, 1964).

#include "model/linear/linear_model.h"

namespace lambdaml::linear {

struct RegressionSettings {
  PenaltySettings penalty = {};
  std::string loss = "squared";
  double delta = 1;
};

inline Fields Describe(RegressionSettings& s) {
  Fields fields = Describe(s.penalty);
  fields.emplace_back("loss", s.loss, "of the error e: e^2 / 2; huber: beyond delta, delta * (|e| - delta / 2)",
                      Bounds{.one_of = {"squared", "huber"}});
  fields.emplace_back("delta", s.delta,
                      "huber: the error from which on the loss grows linearly, in units of the labels",
                      Bounds{.min = 1e-30, .max = 1e30});
  return fields;
}

Result<std::unique_ptr<Model>> MakeRegression(const Choice& choice, const Shape& shape);

}  // namespace lambdaml::linear
