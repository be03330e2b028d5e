// SPDX-License-Identifier: Apache-2.0
#include "train/schedule.h"

#include <algorithm>
#include <numbers>

namespace lambdaml {

namespace {

// cos(pi x) for x in [0, 1] within 1e-11, as sin(pi (1/2 - x)) by its power series. The C library may choose another
// cosine on another processor, with other last bits.
double CosPi(double x) {
  const double u = std::numbers::pi * (0.5 - x);
  double term = u;
  double sum = u;
  for (int n = 2; n <= 16; n += 2) {
    term *= -u * u / (n * (n + 1.0));
    sum += term;
  }
  return sum;
}

double Power(double base, std::uint64_t exponent) {
  double power = 1;
  for (; exponent > 0; --exponent) {
    power *= base;
    if (power == 0) break;
  }
  return power;
}

double Factor(const ScheduleSettings& s, double epoch, double epochs) {
  if (s.schedule == "inverse") return 1 / (1 + s.decay * epoch);
  if (s.schedule == "step") return Power(s.step_factor, static_cast<std::uint64_t>(epoch / s.step_epochs));
  if (s.schedule == "cosine") return (1 + CosPi(std::min(epoch / epochs, 1.0))) / 2;
  return 1;
}

}  // namespace

Fields Describe(ScheduleSettings& s) {
  return {
      {"schedule",
       s.schedule,
       "how the learning rate changes with time",
       {.one_of = {"constant", "inverse", "step", "cosine"}}},
      {"decay", s.decay, "of schedule inverse: after t epochs the rate is divided by 1 + decay t", {.min = 0}},
      {"step_epochs", s.step_epochs, "of schedule step: epochs between two steps", {.min = 1e-3}},
      {"step_factor", s.step_factor, "of schedule step: what each step multiplies the rate by", {.min = 0, .max = 1}},
      {"warmup_epochs", s.warmup_epochs, "epochs during which the rate rises to its value", {.min = 0}},
  };
}

float Schedule::RateAt(std::uint64_t number, std::uint64_t batches_per_epoch) const {
  const auto batches = static_cast<double>(batches_per_epoch);
  const double epoch = static_cast<double>(number) / batches;
  double rate = rate_ * Factor(settings_, epoch, epochs_);
  if (epoch < settings_.warmup_epochs) {
    rate *= std::min((static_cast<double>(number) + 1) / (settings_.warmup_epochs * batches), 1.0);
  }
  return static_cast<float>(rate);
}

}  // namespace lambdaml
