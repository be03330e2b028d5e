// SPDX-License-Identifier: Apache-2.0
#pragma once

// One step of stochastic gradient descent from the gradient g of the mean loss of a batch, at the rate r:
//
//   g = g + l2 x                                  the smooth part of the penalty
//   g = g min(1, clip_norm / |g|)                 (Pascanu, Mikolov, Bengio: On the difficulty of training recurrent
//                                                 neural networks, ICML 2013)
//   x = x - r weight_decay x                      of the penalised parameters; decoupled from g (Loshchilov, Hutter:
//                                                 Decoupled weight decay regularization, ICLR 2019: with adam, AdamW)
//   z = x - d(g),  x = argmin_x s l1 |x| + (x - z)^2 / 2
//
// with the step d and the step size s of each parameter by the rule of the optimizer, in optimizer.cpp. The last line
// is the step of composite mirror descent (Duchi, Shalev-Shwartz, Singer, Tewari: Composite objective mirror descent,
// COLT 2010): it makes parameters exactly 0, and its fixed points are the minima of the loss with the penalty.
//
// Plain loops: the same bits on every processor. Used by one thread.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/field.h"
#include "base/result.h"
#include "model/penalty.h"

namespace lambdaml {

struct OptimizerSettings {
  std::string optimizer = "sgd";
  double momentum = 0.9;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  double clip_norm = 0;
};

Fields Describe(OptimizerSettings& s);

class Optimizer {
 public:
  Optimizer(const OptimizerSettings& settings, const Penalty& penalty, std::size_t parameters);

  // `gradient` is of the mean loss, without the penalty; it is used up.
  void Step(std::span<float> gradient, float rate, std::span<float> parameters);

  // The step size s of each parameter: how much it changes for each 1 in the gradient, momentum aside.
  void StepSizes(float rate, std::span<float> sizes) const;

  // What the steps so far have left: momentum, moments, sums of squares.
  Bytes Save() const;
  // kInvalid if it is not that of this optimizer and as many parameters.
  Result<void> Restore(ByteSpan saved);

 private:
  enum class Rule : std::uint32_t { kMomentum, kNesterov, kAdaGrad, kAdam };

  static Rule RuleOf(const OptimizerSettings& settings);
  void Clip(std::span<float> gradient) const;
  void Momentum(std::span<const float> gradient, float rate, std::span<float> parameters);
  void Nesterov(std::span<const float> gradient, float rate, std::span<float> parameters);
  void AdaGrad(std::span<const float> gradient, float rate, std::span<float> parameters);
  void Adam(std::span<const float> gradient, float rate, std::span<float> parameters);
  float L1Of(std::size_t parameter) const { return parameter < penalty_.count ? l1_ : 0; }

  OptimizerSettings settings_;
  Penalty penalty_;
  Rule rule_;
  float l1_;
  std::vector<float> first_;   // the velocity; of adam the mean of the gradients
  std::vector<float> second_;  // of adagrad the sum, of adam the mean of the squared gradients
  double beta1_power_ = 1;     // beta1^t after t steps
  double beta2_power_ = 1;
};

}  // namespace lambdaml
