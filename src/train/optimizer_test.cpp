// SPDX-License-Identifier: Apache-2.0
#include "train/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace lambdaml {
namespace {

constexpr std::size_t kParameters = 4;
constexpr Penalty kPenalty{.l1 = 0.25, .l2 = 0.5, .count = 3};

// One step for one parameter in double precision, written down from the papers.
struct Scalar {
  double x = 0;
  double momentum = 0;  // v of sgd and nesterov, m of adam
  double squares = 0;
  int steps = 0;

  static double Soft(double x, double threshold) { return std::copysign(std::max(std::abs(x) - threshold, 0.0), x); }

  void Sgd(double g, double rate, double l1) {
    const double last = momentum;  // (x_t-1 - x_t) / rate
    const double before = x;
    x = Soft(x - rate * g - rate * 0.9 * last, rate * l1);
    momentum = (before - x) / rate;
  }
  // y is the sequence that the step ahead starts from; x = y_t+1 + momentum (y_t+1 - y_t).
  void Nesterov(double g, double rate, double l1) {
    const double y = x + rate * 0.9 * momentum;
    const double next = Soft(x - rate * g, rate * l1);
    momentum = (y - next) / rate;
    x = next - rate * 0.9 * momentum;
  }
  void AdaGrad(double g, double rate, double l1) {
    squares += g * g;
    const double size = rate / (std::sqrt(squares) + 1e-8);
    x = Soft(x - size * g, size * l1);
  }
  void Adam(double g, double rate, double l1) {
    ++steps;
    momentum = 0.9 * momentum + 0.1 * g;
    squares = 0.999 * squares + 0.001 * g * g;
    const double size = rate / (std::sqrt(squares / (1 - std::pow(0.999, steps))) + 1e-8);
    x = Soft(x - size * momentum / (1 - std::pow(0.9, steps)), size * l1);
  }
};

using Rule = void (Scalar::*)(double, double, double);

struct Case {
  const char* name;
  Rule rule;
};

class OptimizerRule : public ::testing::TestWithParam<Case> {};

std::array<float, kParameters> GradientOf(int step) {
  const auto t = static_cast<float>(step);
  return {1.0F + t, -0.125F, 0.03F * t, -2.0F};
}

constexpr std::array<float, kParameters> kStart{0.5F, -1.5F, 0.01F, 2.0F};

TEST_P(OptimizerRule, StepsFollowTheFormula) {
  OptimizerSettings settings;
  settings.optimizer = GetParam().name;
  settings.weight_decay = 0.1;
  settings.clip_norm = 1.5;
  Optimizer optimizer(settings, kPenalty, kParameters);
  std::array<float, kParameters> parameters = kStart;
  std::array<Scalar, kParameters> expected{};
  for (std::size_t i = 0; i < kParameters; ++i) expected[i].x = parameters[i];
  for (int step = 0; step < 5; ++step) {
    std::array<float, kParameters> gradient = GradientOf(step);
    std::array<double, kParameters> g{};
    double squares = 0;
    for (std::size_t i = 0; i < kParameters; ++i) {
      g[i] = gradient[i] + (i < kPenalty.count ? kPenalty.l2 * expected[i].x : 0);
      squares += g[i] * g[i];
    }
    for (std::size_t i = 0; i < kParameters; ++i) {
      const bool penalised = i < kPenalty.count;
      if (penalised) expected[i].x -= 0.2 * 0.1 * expected[i].x;
      const double clipped = g[i] * std::min(1.0, 1.5 / std::sqrt(squares));
      (expected[i].*GetParam().rule)(clipped, 0.2, penalised ? kPenalty.l1 : 0);
    }
    optimizer.Step(gradient, 0.2F, parameters);
    for (std::size_t i = 0; i < kParameters; ++i) {
      EXPECT_NEAR(parameters[i], expected[i].x, 2e-6) << "parameter " << i << ", step " << step;
    }
  }
}

// On |x - target|^2 curvature / 2 with l1, the minimum is soft(target, l1 / curvature), whatever the momentum.
TEST_P(OptimizerRule, EndsWhereTheLossAndL1Balance) {
  OptimizerSettings settings;
  settings.optimizer = GetParam().name;
  constexpr std::array<double, kParameters> kTarget{1.0, -0.3, 0.1, -2.0};
  constexpr std::array<double, kParameters> kCurvature{1.0, 2.0, 1.0, 0.5};
  Optimizer optimizer(settings, {.l1 = 0.25, .l2 = 0, .count = 3}, kParameters);
  std::array<float, kParameters> parameters = kStart;
  for (int step = 0; step < 3000; ++step) {
    std::array<float, kParameters> gradient{};
    for (std::size_t i = 0; i < kParameters; ++i) {
      gradient[i] = static_cast<float>(kCurvature[i] * (parameters[i] - kTarget[i]));
    }
    const double rate = 0.3 * (1 - step / 3000.0);
    optimizer.Step(gradient, static_cast<float>(rate), parameters);
  }
  EXPECT_NEAR(parameters[0], 0.75, 1e-3);
  EXPECT_NEAR(parameters[1], -0.175, 1e-3);
  EXPECT_EQ(parameters[2], 0);  // not merely near 0
  EXPECT_NEAR(parameters[3], -2, 1e-2);
}

TEST_P(OptimizerRule, GoesOnFromASavedState) {
  OptimizerSettings settings;
  settings.optimizer = GetParam().name;
  Optimizer whole(settings, kPenalty, kParameters);
  Optimizer second(settings, kPenalty, kParameters);
  std::array<float, kParameters> parameters = kStart;
  std::array<float, kParameters> copy{};
  for (int step = 0; step < 4; ++step) {
    auto gradient = GradientOf(step);
    whole.Step(gradient, 0.1F, parameters);
    if (step != 1) continue;
    const Bytes state = whole.Save();
    ASSERT_TRUE(second.Restore(state).ok());
    EXPECT_FALSE(second.Restore(ByteSpan(state).first(state.size() - 1)).ok());
    copy = parameters;
  }
  for (int step = 2; step < 4; ++step) {
    auto gradient = GradientOf(step);
    second.Step(gradient, 0.1F, copy);
  }
  EXPECT_EQ(copy, parameters);
  for (const char* other : {"sgd", "nesterov", "adagrad", "adam"}) {
    settings.optimizer = other;
    EXPECT_EQ(Optimizer(settings, kPenalty, kParameters).Restore(whole.Save()).ok(),
              other == std::string(GetParam().name));
  }
}

// A gradient that has overflowed must not be hidden by the threshold.
TEST_P(OptimizerRule, PassesOnWhatIsNotFinite) {
  OptimizerSettings settings;
  settings.optimizer = GetParam().name;
  settings.clip_norm = 1;
  Optimizer optimizer(settings, kPenalty, kParameters);
  std::array<float, kParameters> parameters = kStart;
  std::array<float, kParameters> gradient{std::numeric_limits<float>::quiet_NaN(), 0, 0, 0};
  optimizer.Step(gradient, 0.1F, parameters);
  EXPECT_TRUE(std::isnan(parameters[0]));
  EXPECT_TRUE(std::isfinite(parameters[3]));
}

// Against a step: how much the parameter moves when the gradient is 1 larger, which is small beside what it was.
TEST_P(OptimizerRule, StepSizesAreThoseOfTheNextStep) {
  OptimizerSettings settings;
  settings.optimizer = GetParam().name;
  settings.momentum = 0;
  settings.beta1 = 0;
  Optimizer optimizer(settings, {}, 2);
  std::array<float, 2> parameters{0, 0};
  for (int step = 0; step < 3000; ++step) {
    std::array<float, 2> gradient{50, 200};
    optimizer.Step(gradient, 0.5F, parameters);
  }
  std::array<float, 2> sizes{};
  optimizer.StepSizes(0.5F, sizes);
  const std::array<float, 2> before = parameters;
  std::array<float, 2> gradient{50, 200};
  optimizer.Step(gradient, 0.5F, parameters);
  EXPECT_NEAR((before[0] - parameters[0]) / 50, sizes[0], 0.01 * sizes[0]);
  EXPECT_NEAR((before[1] - parameters[1]) / 200, sizes[1], 0.01 * sizes[1]);
}

INSTANTIATE_TEST_SUITE_P(Rules, OptimizerRule,
                         ::testing::Values(Case{"sgd", &Scalar::Sgd}, Case{"nesterov", &Scalar::Nesterov},
                                           Case{"adagrad", &Scalar::AdaGrad}, Case{"adam", &Scalar::Adam}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace lambdaml
