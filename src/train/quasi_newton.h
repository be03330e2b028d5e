// SPDX-License-Identifier: Apache-2.0
#pragma once

// Minimises f(x) + l1 |x|_1 with f smooth, by L-BFGS (Nocedal, Wright: Numerical Optimization, 2006, algorithm 7.4)
// and, where l1 > 0, OWL-QN (Andrew, Gao: Scalable training of L1-regularized log-linear models, ICML 2007). Lbfgs
// brings an objective that is summed over the ranks, admm one of this rank alone.
//
// Parameters and gradients are float, as models compute them; sums over parameters are double. Plain loops: the same
// bits on every processor, so ranks whose objective gives the same bits stay equal. Used by one thread.

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/penalty.h"

namespace lambdaml {

// The smooth function f.
class Objective {
 public:
  virtual ~Objective() = default;

  // Replaces `gradient` by that at `parameters`; returns the value there, which need not be finite.
  virtual Result<double> Evaluate(std::span<const float> parameters, std::span<float> gradient) = 0;
};

struct QuasiNewtonSettings {
  std::size_t memory = 10;  // pairs of differences that stand for the curvature
  // Converged when the gradient is at most `tolerance` times as long as the first one and a step is expected to gain at
  // most `gain` times the value.
  double tolerance = 0;
  double gain = 1e-6;
};

struct Iteration {
  // kConverged: the gradient is short enough, or no step makes the value smaller that float gradients can tell.
  // kNotFinite: the value at the given parameters is not finite.
  enum class End { kDescended, kConverged, kNotFinite };

  End end = End::kDescended;
  std::int64_t evaluations = 0;
  double step = 0;           // times the quasi-Newton direction; 0: the parameters are as they were
  double gradient_norm = 0;  // afterwards; with l1 of the pseudo-gradient
};

class QuasiNewton {
 public:
  // Of the penalty only l1 is used; l2 is a part of the objective.
  QuasiNewton(const QuasiNewtonSettings& settings, const Penalty& penalty, std::size_t parameters);

  // One iteration from `parameters`, which must be those that the last one left. With kDescended the last evaluation
  // was at the new parameters.
  Result<Iteration> Step(Objective& objective, std::span<float> parameters);

  // The objective has changed by a linear function, or the parameters are others: only the curvature is kept.
  void Restart();

  // The objective has also changed by `added` / 2 |x|^2.
  void AddCurvature(double added);

  Bytes Save() const;
  // kInvalid if it is not that of as many parameters and the same settings.
  Result<void> Restore(ByteSpan saved);

 private:
  struct Pair {
    std::vector<float> moved;  // s = x_k+1 - x_k
    std::vector<float> bent;   // y = gradient_k+1 - gradient_k
  };

  struct Bracket;

  double Value(double smooth, std::span<const float> parameters) const;
  void SetSlopes(std::span<const float> parameters);
  void SetDirection();
  void Align();
  // Of a penalised parameter: is it not 0, or about to leave 0?
  bool IsFree(std::size_t parameter) const { return slopes_[parameter] != 0; }
  double FreeDot(std::span<const float> a, std::span<const float> b) const;
  double ProductOf(const Pair& pair) const;
  void MoveTo(double step, std::span<const float> parameters);
  double ExpectedDecrease(std::span<const float> parameters) const;
  Result<bool> Search(Objective& objective, std::span<const float> parameters, Iteration& iteration);
  void Accept(std::span<float> parameters);
  bool IsMinimum(double norm);

  QuasiNewtonSettings settings_;
  Penalty l1_;
  std::vector<Pair> pairs_;      // the oldest first
  std::vector<float> gradient_;  // of f at the parameters
  double value_ = 0;             // of f + l1 |x|_1 at the parameters
  bool known_ = false;           // value_ and gradient_
  double first_norm_ = -1;       // of the first gradient since the restart; below 0: there was none
  std::int64_t stalled_ = 0;     // iterations in a row that have hardly made the value smaller

  // Of one iteration.
  std::vector<float> slopes_;  // the gradient; with l1 the pseudo-gradient
  std::vector<float> direction_;
  std::vector<float> trial_;
  std::vector<float> trial_gradient_;
  double trial_value_ = 0;
};

}  // namespace lambdaml
