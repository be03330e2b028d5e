// SPDX-License-Identifier: Apache-2.0
#pragma once

// Random numbers of the distributions that generators need, from the uniform ones of base/random.h. Pure functions of
// the sequence they are given.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace lambdaml {

// Gamma with scale 1 and shape > 0 (Marsaglia, Tsang: A simple method for generating gamma variables, 2000).
inline double Gamma(Random& random, double shape) {
  if (shape < 1) {
    const double power = std::pow(1 - random.Uniform(), 1 / shape);
    return Gamma(random, shape + 1) * power;
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double normal = random.Normal();
    const double cube = std::pow(1 + c * normal, 3);
    if (cube > 0 && std::log(1 - random.Uniform()) < normal * normal / 2 + d - d * cube + d * std::log(cube)) {
      return d * cube;
    }
  }
}

inline double Beta(Random& random, double a, double b) {
  const double x = Gamma(random, a);
  return x / (x + Gamma(random, b));
}

// `size` shares that add up to 1; the smaller `concentration`, the less equal they are.
inline std::vector<double> Dirichlet(Random& random, std::size_t size, double concentration) {
  std::vector<double> shares(size);
  double sum = 0;
  for (double& share : shares) sum += share = Gamma(random, concentration);
  for (double& share : shares) share /= sum;
  return shares;
}

// Running totals of weights, divided by their sum: what Pick wants.
inline std::vector<double> Cumulated(std::vector<double> weights) {
  double sum = 0;
  for (double& weight : weights) weight = sum += weight;
  for (double& weight : weights) weight /= sum;
  return weights;
}

// The position that `uniform`, in [0, 1), falls on; each as often as its weight says.
inline std::size_t Pick(std::span<const double> cumulated, double uniform) {
  const auto at = std::upper_bound(cumulated.begin(), cumulated.end(), uniform);
  return std::min(static_cast<std::size_t>(at - cumulated.begin()), cumulated.size() - 1);
}

// Ranks 0 to size - 1, rank r in proportion to about (r + 1)^-exponent: the bounded power law, inverted and rounded
// down. The exponent is not 1.
class PowerLaw {
 public:
  PowerLaw(double size, double exponent)
      : size_(size), power_(1 / (1 - exponent)), range_(std::pow(size + 1, 1 - exponent) - 1) {}

  std::uint64_t Rank(double uniform) const {
    return static_cast<std::uint64_t>(std::min(std::pow(1 + uniform * range_, power_), size_) - 1);
  }

 private:
  double size_;
  double power_;
  double range_;
};

}  // namespace lambdaml
