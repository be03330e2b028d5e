// SPDX-License-Identifier: Apache-2.0
#include "train/optimizer.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace lambdaml {

namespace {

// What Save begins with, in the machine's byte order (little-endian on all that Lambda has). The vectors follow.
struct OptimizerHeader {
  std::uint32_t rule = 0;
  std::uint32_t version = 1;
  std::uint64_t parameters = 0;
  double beta1_power = 1;
  double beta2_power = 1;
};

std::byte* Put(std::byte* at, const std::vector<float>& values) {
  if (!values.empty()) std::memcpy(at, values.data(), values.size() * sizeof(float));
  return at + values.size() * sizeof(float);
}

const std::byte* Take(const std::byte* at, std::vector<float>& values) {
  if (!values.empty()) std::memcpy(values.data(), at, values.size() * sizeof(float));
  return at + values.size() * sizeof(float);
}

// x - Excess(x, t) is the soft threshold of x; unlike its usual form this one passes on what is not a number.
float Excess(float x, float threshold) { return std::clamp(x, -threshold, threshold); }

}  // namespace

Fields Describe(OptimizerSettings& s) {
  return {
      {"optimizer",
       s.optimizer,
       "rule of a step: sgd (with momentum), nesterov, adagrad or adam (with weight_decay: AdamW)",
       {.one_of = {"sgd", "nesterov", "adagrad", "adam"}}},
      {"momentum",
       s.momentum,
       "of sgd and nesterov: share of the last step that is repeated in the next",
       {.min = 0, .max = 0.9999}},
      {"beta1", s.beta1, "of adam: share of the past in the mean of the gradients", {.min = 0, .max = 0.999999}},
      {"beta2", s.beta2, "of adam: share of the past in the mean of their squares", {.min = 0, .max = 0.999999}},
      {"epsilon", s.epsilon, "of adagrad and adam: added to what a step is divided by", {.min = 1e-30, .max = 1}},
      {"weight_decay",
       s.weight_decay,
       "each step shrinks the weights by this times the rate; unlike l2 of the model it is not part of the loss",
       {.min = 0, .max = 1e3}},
      {"clip_norm", s.clip_norm, "a longer gradient is scaled to this length; 0: never", {.min = 0}},
  };
}

Optimizer::Rule Optimizer::RuleOf(const OptimizerSettings& settings) {
  if (settings.optimizer == "nesterov") return Rule::kNesterov;
  if (settings.optimizer == "adagrad") return Rule::kAdaGrad;
  if (settings.optimizer == "adam") return Rule::kAdam;
  return Rule::kMomentum;
}

Optimizer::Optimizer(const OptimizerSettings& settings, const Penalty& penalty, std::size_t parameters)
    : settings_(settings),
      penalty_(penalty),
      rule_(RuleOf(settings)),
      l1_(static_cast<float>(penalty.l1)),
      first_(rule_ == Rule::kAdaGrad ? 0 : parameters),
      second_(rule_ == Rule::kAdaGrad || rule_ == Rule::kAdam ? parameters : 0) {}

void Optimizer::Step(std::span<float> gradient, float rate, std::span<float> parameters) {
  penalty_.AddSmoothGradient(parameters, 1, gradient);
  Clip(gradient);
  const float decay = rate * static_cast<float>(settings_.weight_decay);
  for (std::size_t i = 0; decay != 0 && i < penalty_.count; ++i) parameters[i] -= decay * parameters[i];
  switch (rule_) {
    case Rule::kMomentum: return Momentum(gradient, rate, parameters);
    case Rule::kNesterov: return Nesterov(gradient, rate, parameters);
    case Rule::kAdaGrad: return AdaGrad(gradient, rate, parameters);
    case Rule::kAdam: return Adam(gradient, rate, parameters);
  }
}

void Optimizer::Clip(std::span<float> gradient) const {
  if (settings_.clip_norm == 0) return;
  double squares = 0;
  for (const double g : gradient) squares += g * g;
  const double norm = std::sqrt(squares);
  if (!(norm > settings_.clip_norm)) return;
  const auto scale = static_cast<float>(settings_.clip_norm / norm);
  for (float& g : gradient) g *= scale;
}

// v = momentum v + g,  d = r v,  s = r  (Polyak: Some methods of speeding up the convergence of iteration methods,
// 1964, in the form of Sutskever, Martens, Dahl, Hinton: On the importance of initialization and momentum in deep
// learning, ICML 2013, with the rate outside of v).
//
// With l1, v takes up what the threshold has moved, so that it stays (x before - x after) / r: x_t+1 = prox(x_t - r g +
// momentum (x_t - x_t-1)) (Ochs, Chen, Brox, Pock: iPiano, SIAM Journal on Imaging Sciences 2014). Without that, l1
// would act as if it were (1 - momentum) l1.
void Optimizer::Momentum(std::span<const float> gradient, float rate, std::span<float> parameters) {
  const auto momentum = static_cast<float>(settings_.momentum);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    first_[i] = momentum * first_[i] + gradient[i];
    parameters[i] -= rate * first_[i];
  }
  if (l1_ == 0 || rate == 0) return;
  for (std::size_t i = 0; i < penalty_.count; ++i) {
    const float excess = Excess(parameters[i], rate * l1_);
    parameters[i] -= excess;
    first_[i] += excess / rate;
  }
}

// v = momentum v + g,  d = r (g + momentum v),  s = r  (Nesterov: A method of solving a convex programming problem with
// convergence rate O(1/k^2), 1983; in terms of the point that the gradient is taken at: Bengio, Boulanger-Lewandowski,
// Pascanu: Advances in optimizing recurrent networks, ICASSP 2013).
//
// With l1 the threshold comes before the step ahead: y = prox(x - r g), x = y - r momentum v (Beck, Teboulle: A fast
// iterative shrinkage-thresholding algorithm, SIAM Journal on Imaging Sciences 2009, with a constant momentum).
void Optimizer::Nesterov(std::span<const float> gradient, float rate, std::span<float> parameters) {
  const auto momentum = static_cast<float>(settings_.momentum);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const float ahead = parameters[i] - rate * gradient[i];
    const float excess = Excess(ahead, rate * L1Of(i));
    const float shift = excess == 0 ? 0 : excess / rate;
    first_[i] = momentum * first_[i] + gradient[i] + shift;
    parameters[i] = ahead - excess - rate * momentum * first_[i];
  }
}

// G = G + g^2,  s = r / (sqrt(G) + epsilon),  d = s g  (Duchi, Hazan, Singer: Adaptive subgradient methods for online
// learning and stochastic optimization, JMLR 2011).
void Optimizer::AdaGrad(std::span<const float> gradient, float rate, std::span<float> parameters) {
  const auto epsilon = static_cast<float>(settings_.epsilon);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    second_[i] += gradient[i] * gradient[i];
    const float size = rate / (std::sqrt(second_[i]) + epsilon);
    parameters[i] -= size * gradient[i];
    parameters[i] -= Excess(parameters[i], size * L1Of(i));
  }
}

// m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2,  s = r / (sqrt(v / (1 - beta2^t)) + epsilon),
// d = s m / (1 - beta1^t)  (Kingma, Ba: Adam: a method for stochastic optimization, ICLR 2015, algorithm 1).
void Optimizer::Adam(std::span<const float> gradient, float rate, std::span<float> parameters) {
  const auto beta1 = static_cast<float>(settings_.beta1);
  const auto beta2 = static_cast<float>(settings_.beta2);
  const auto rest1 = static_cast<float>(1 - settings_.beta1);
  const auto rest2 = static_cast<float>(1 - settings_.beta2);
  const auto epsilon = static_cast<float>(settings_.epsilon);
  beta1_power_ *= settings_.beta1;
  beta2_power_ *= settings_.beta2;
  const auto of_first = static_cast<float>(1 / (1 - beta1_power_));
  const auto of_second = static_cast<float>(1 / (1 - beta2_power_));
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const float g = gradient[i];
    first_[i] = beta1 * first_[i] + rest1 * g;
    second_[i] = beta2 * second_[i] + rest2 * g * g;
    const float size = rate / (std::sqrt(of_second * second_[i]) + epsilon);
    parameters[i] -= size * of_first * first_[i];
    parameters[i] -= Excess(parameters[i], size * L1Of(i));
  }
}

void Optimizer::StepSizes(float rate, std::span<float> sizes) const {
  if (second_.empty()) {
    std::fill(sizes.begin(), sizes.end(), rate);
    return;
  }
  const bool started = beta2_power_ < 1;
  const auto correction = static_cast<float>(rule_ == Rule::kAdam && started ? 1 / (1 - beta2_power_) : 1);
  const auto epsilon = static_cast<float>(settings_.epsilon);
  for (std::size_t i = 0; i < sizes.size(); ++i) sizes[i] = rate / (std::sqrt(correction * second_[i]) + epsilon);
}

Bytes Optimizer::Save() const {
  const OptimizerHeader header{.rule = static_cast<std::uint32_t>(rule_),
                               .parameters = std::max(first_.size(), second_.size()),
                               .beta1_power = beta1_power_,
                               .beta2_power = beta2_power_};
  Bytes state(sizeof header + (first_.size() + second_.size()) * sizeof(float));
  std::memcpy(state.data(), &header, sizeof header);
  Put(Put(state.data() + sizeof header, first_), second_);
  return state;
}

Result<void> Optimizer::Restore(ByteSpan saved) {
  OptimizerHeader header;
  const std::size_t expected = sizeof header + (first_.size() + second_.size()) * sizeof(float);
  if (saved.size() != expected) {
    return Error{Code::kInvalid, StrCat("state of the optimizer: ", saved.size(), " bytes instead of ", expected,
                                        "; it is cut off, of another optimizer or of another model")};
  }
  std::memcpy(&header, saved.data(), sizeof header);
  if (header.version != 1 || header.rule != static_cast<std::uint32_t>(rule_) ||
      header.parameters != std::max(first_.size(), second_.size())) {
    return Error{Code::kInvalid, StrCat("state of the optimizer: not of optimizer ", settings_.optimizer,
                                        "; continue with the settings that the job began with")};
  }
  beta1_power_ = header.beta1_power;
  beta2_power_ = header.beta2_power;
  Take(Take(saved.data() + sizeof header, first_), second_);
  return {};
}

}  // namespace lambdaml
