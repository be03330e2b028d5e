// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: the minimum of a linear model's objective in double precision, by another method than those under test:
// proximal gradient steps with momentum and restarts (Beck, Teboulle 2009; O'Donoghue, Candes: Adaptive restart for
// accelerated gradient schemes, 2015), on losses written down here once more.

#include <algorithm>
#include <cmath>
#include <vector>

#include "data/batch.h"
#include "model/penalty.h"

namespace lambdaml::conformance {

enum class RowLoss { kSoftmax, kSquaredHinge };

class DoubleProblem {
 public:
  using Vector = std::vector<double>;

  DoubleProblem(const Batch& rows, std::size_t outputs, RowLoss loss, const Penalty& penalty)
      : rows_(rows), outputs_(outputs), loss_(loss), penalty_(penalty) {}

  double Value(const Vector& x) const {
    double sum = 0;
    Vector unused(x.size());
    for (std::size_t row = 0; row < rows_.rows(); ++row) sum += AddRow(x, row, unused);
    double value = sum / static_cast<double>(rows_.rows());
    for (std::size_t i = 0; i < penalty_.count; ++i) {
      value += penalty_.l1 * std::abs(x[i]) + penalty_.l2 / 2 * x[i] * x[i];
    }
    return value;
  }

  double Minimum() const {
    Vector x(outputs_ * (rows_.columns + 1));
    Vector ahead = x;
    double momentum = 1;
    for (int step = 0; step < 1500; ++step) {
      const Vector next = ProximalStep(ahead);
      double turn = 0;
      for (std::size_t i = 0; i < x.size(); ++i) turn += (ahead[i] - next[i]) * (next[i] - x[i]);
      const double larger = turn > 0 ? 1 : (1 + std::sqrt(1 + 4 * momentum * momentum)) / 2;
      const double share = turn > 0 ? 0 : (momentum - 1) / larger;
      for (std::size_t i = 0; i < x.size(); ++i) ahead[i] = next[i] + share * (next[i] - x[i]);
      momentum = larger;
      x = next;
    }
    return Value(x);
  }

 private:
  // The loss of a row; adds its gradient.
  double AddRow(const Vector& x, std::size_t row, Vector& gradient) const {
    Vector z(outputs_);
    const std::size_t columns = rows_.columns;
    for (std::size_t c = 0; c < outputs_; ++c) {
      z[c] = x[outputs_ * columns + c];
      for (std::size_t i = 0; i < columns; ++i) z[c] += x[c * columns + i] * rows_.dense[row][i];
    }
    const auto label = static_cast<std::size_t>(rows_.labels[row]);
    const double loss = loss_ == RowLoss::kSoftmax ? Softmax(z, label) : SquaredHinge(z, label);
    for (std::size_t c = 0; c < outputs_; ++c) {
      gradient[outputs_ * columns + c] += z[c];
      for (std::size_t i = 0; i < columns; ++i) gradient[c * columns + i] += z[c] * rows_.dense[row][i];
    }
    return loss;
  }

  // Replace outputs by their residuals.
  static double Softmax(Vector& z, std::size_t label) {
    const double of_label = z[label];
    double sum = 0;
    for (const double value : z) sum += std::exp(value);
    for (double& value : z) value = std::exp(value) / sum;
    z[label] -= 1;
    return std::log(sum) - of_label;
  }
  static double SquaredHinge(Vector& z, std::size_t label) {
    double loss = 0;
    for (std::size_t c = 0; c < z.size(); ++c) {
      const double sign = c == label ? 1 : -1;
      const double gap = std::max(0.0, 1 - sign * z[c]);
      loss += gap * gap;
      z[c] = -2 * sign * gap;
    }
    return loss;
  }

  Vector ProximalStep(const Vector& x) const {
    constexpr double kRate = 0.1;  // below 1 / the largest curvature of the problems of the tests
    Vector gradient(x.size());
    for (std::size_t row = 0; row < rows_.rows(); ++row) AddRow(x, row, gradient);
    Vector next = x;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool penalised = i < penalty_.count;
      next[i] -= kRate * (gradient[i] / static_cast<double>(rows_.rows()) + (penalised ? penalty_.l2 * x[i] : 0));
      if (penalised) next[i] = SoftThreshold(next[i], kRate * penalty_.l1);
    }
    return next;
  }

  const Batch& rows_;
  std::size_t outputs_;
  RowLoss loss_;
  Penalty penalty_;
};

}  // namespace lambdaml::conformance
