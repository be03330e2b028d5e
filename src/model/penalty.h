// SPDX-License-Identifier: Apache-2.0
#pragma once

// The elastic net (Zou, Hastie: Regularization and variable selection via the elastic net, 2005)
//
//   l1 |w|_1 + l2 / 2 |w|_2^2
//
// of the first `count` parameters; the others, biases, are free. Its smooth part is differentiated, the other one is
// minimised exactly, by its proximal operator. Plain loops: the same bits on every processor, so replicas stay equal.

#include <cmath>
#include <cstddef>
#include <span>

namespace lambdaml {

struct Penalty {
  double l1 = 0;
  double l2 = 0;
  std::size_t count = 0;

  double ValueAt(std::span<const float> parameters) const {
    if (l1 == 0 && l2 == 0) return 0;
    double magnitudes = 0;
    double squares = 0;
    for (const double w : parameters.first(count)) {
      magnitudes += std::abs(w);
      squares += w * w;
    }
    return l1 * magnitudes + l2 / 2 * squares;
  }

  // Adds `weight` times the gradient of l2 / 2 |w|^2.
  void AddSmoothGradient(std::span<const float> parameters, float weight, std::span<float> gradient) const {
    const float scale = weight * static_cast<float>(l2);
    for (std::size_t i = 0; scale != 0 && i < count; ++i) gradient[i] += scale * parameters[i];
  }
};

// argmin_w  threshold |w| + (w - x)^2 / 2,  the proximal operator of the absolute value (Parikh, Boyd: Proximal
// algorithms, 2014, section 6.5.2).
template <class Float>
Float SoftThreshold(Float x, Float threshold) {
  if (x > threshold) return x - threshold;
  if (x < -threshold) return x + threshold;
  return 0;
}

}  // namespace lambdaml
