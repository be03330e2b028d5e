// SPDX-License-Identifier: Apache-2.0
#include "train/quasi_newton.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "train/state_bytes.h"

namespace lambdaml {

namespace {

// Of the line search (Hager, Zhang: A new conjugate gradient method with guaranteed descent and an efficient line
// search, SIAM Journal on Optimization 2005).
constexpr double kDecrease = 0.1;     // delta: share of the expected decrease that is enough
constexpr double kFlatter = 0.9;      // sigma: the slope must have become this much flatter
constexpr double kValueNoise = 1e-7;  // epsilon: of the value, what rows' losses in float may be off by
constexpr int kTrialsMax = 30;

// Of the value: a smaller change means nothing.
constexpr double kNothing = 1e-8;
constexpr std::int64_t kStallsMax = 3;

// Of |s| |y|: a smaller product s y is rounding.
constexpr double kCurvatureMin = 1e-8;

constexpr std::uint32_t kStateMagic = 0x57454E51;  // "QNEW"

struct QuasiNewtonHeader {
  std::uint32_t magic = kStateMagic;
  std::uint32_t version = 1;
  std::uint64_t parameters = 0;
  std::uint64_t pairs = 0;
  std::uint64_t known = 0;
  std::int64_t stalled = 0;
  double value = 0;
  double first_norm = 0;
};

// Eight sums beside each other, always added in the same order: as exact as one, and not slowed down by waiting for it.
double Dot(std::span<const float> a, std::span<const float> b) {
  constexpr std::size_t kLanes = 8;
  std::array<double, kLanes> sums{};
  const std::size_t whole = a.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sums[lane] += static_cast<double>(a[i + lane]) * static_cast<double>(b[i + lane]);
    }
  }
  for (std::size_t i = whole; i < a.size(); ++i)
    sums[i - whole] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

void AddTimes(double factor, std::span<const float> from, std::span<float> to) {
  const auto times = static_cast<float>(factor);
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += times * from[i];
}

ByteSpan TakeInto(std::span<float> values, ByteSpan from) {
  std::ranges::copy(from.first(values.size_bytes()), std::as_writable_bytes(values).begin());
  return from.subspan(values.size_bytes());
}

}  // namespace

// Where the step is looked for, with the slopes at both ends.
struct QuasiNewton::Bracket {
  double low = 0;
  double low_slope = 0;
  double high = std::numeric_limits<double>::infinity();
  double high_slope = 0;

  // A longer step while there is no upper end; then where the slope would be 0 if it changed evenly, but not near an
  // end. Without slopes the middle. What is too long again and again is far too long.
  double Next(bool has_slopes) const {
    if (std::isinf(high)) return 4 * low;
    const double width = high - low;
    const double zero = has_slopes ? low_slope / (low_slope - high_slope) : 0.5;
    if (!(zero > 0.1) || (low == 0 && high < (has_slopes ? 1.0 : 0.2))) return low + 0.1 * width;
    return low + std::min(zero, 0.9) * width;
  }
};

QuasiNewton::QuasiNewton(const QuasiNewtonSettings& settings, const Penalty& penalty, std::size_t parameters)
    : settings_(settings),
      l1_{.l1 = penalty.l1, .l2 = 0, .count = penalty.count},
      gradient_(parameters),
      slopes_(parameters),
      direction_(parameters),
      trial_(parameters),
      trial_gradient_(parameters) {}

double QuasiNewton::Value(double smooth, std::span<const float> parameters) const {
  return smooth + l1_.ValueAt(parameters);
}

// The slope of f + l1 |x|_1 into the direction in which it falls; 0 where it rises to both sides (Andrew, Gao 2007,
// equation 4).
void QuasiNewton::SetSlopes(std::span<const float> parameters) {
  std::ranges::copy(gradient_, slopes_.begin());
  const auto l1 = static_cast<float>(l1_.l1);
  for (std::size_t i = 0; l1 != 0 && i < l1_.count; ++i) {
    if (parameters[i] == 0) {
      slopes_[i] = SoftThreshold(gradient_[i], l1);
    } else {
      slopes_[i] += std::copysign(l1, parameters[i]);
    }
  }
}

// The two-loop recursion: -H slopes, where H is the inverse of the curvature that the pairs show, and before there are
// any, the identity scaled to a direction of length 1.
//
// With l1, parameters that are 0 and stay there are left out of everything: H is the inverse of the curvature of the
// others (Byrd, Chin, Nocedal, Oztoprak: A family of second-order methods for convex l1-regularized optimization,
// 2016), which a share of the whole inverse is not.
void QuasiNewton::SetDirection() {
  std::ranges::copy(slopes_, direction_.begin());
  std::vector<double> products(pairs_.size());
  std::vector<double> shares(pairs_.size());
  double scale = 0;
  for (std::size_t k = 0; k < pairs_.size(); ++k) {
    products[k] = ProductOf(pairs_[k]);
    if (products[k] > 0) scale = products[k] / FreeDot(pairs_[k].bent, pairs_[k].bent);
  }
  if (scale == 0) scale = 1 / std::sqrt(Dot(slopes_, slopes_));
  for (std::size_t k = pairs_.size(); k-- > 0;) {
    if (products[k] == 0) continue;
    shares[k] = FreeDot(pairs_[k].moved, direction_) / products[k];
    AddTimes(-shares[k], pairs_[k].bent, direction_);
  }
  for (float& d : direction_) d *= static_cast<float>(scale);
  for (std::size_t k = 0; k < pairs_.size(); ++k) {
    if (products[k] == 0) continue;
    AddTimes(shares[k] - FreeDot(pairs_[k].bent, direction_) / products[k], pairs_[k].moved, direction_);
  }
  for (float& d : direction_) d = -d;
  for (std::size_t i = 0; l1_.l1 != 0 && i < l1_.count; ++i) {
    if (!IsFree(i)) direction_[i] = 0;
  }
}

// OWL-QN's own cure for a direction that does not lead down: only where it agrees with -slopes.
void QuasiNewton::Align() {
  for (std::size_t i = 0; i < l1_.count; ++i) {
    if (direction_[i] * slopes_[i] >= 0) direction_[i] = 0;
  }
}

double QuasiNewton::FreeDot(std::span<const float> a, std::span<const float> b) const {
  if (l1_.l1 == 0) return Dot(a, b);
  double sum = Dot(a.subspan(l1_.count), b.subspan(l1_.count));
  for (std::size_t i = 0; i < l1_.count; ++i) {
    if (IsFree(i)) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  return sum;
}

// s y, or 0 if that is rounding or not convex.
double QuasiNewton::ProductOf(const Pair& pair) const {
  const double product = FreeDot(pair.moved, pair.bent);
  const double lengths = std::sqrt(FreeDot(pair.moved, pair.moved) * FreeDot(pair.bent, pair.bent));
  return product > kCurvatureMin * lengths ? product : 0;
}

// With l1 a penalised parameter goes to 0 at most, not to the other sign.
void QuasiNewton::MoveTo(double step, std::span<const float> parameters) {
  std::ranges::copy(parameters, trial_.begin());
  AddTimes(step, direction_, trial_);
  for (std::size_t i = 0; l1_.l1 != 0 && i < l1_.count; ++i) {
    const float sign = parameters[i] != 0 ? parameters[i] : -slopes_[i];
    if (trial_[i] * sign <= 0) trial_[i] = 0;
  }
}

// What the value would fall by from the parameters to the trial if the slopes did not change.
double QuasiNewton::ExpectedDecrease(std::span<const float> parameters) const {
  double decrease = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    decrease += static_cast<double>(slopes_[i]) * (static_cast<double>(parameters[i]) - static_cast<double>(trial_[i]));
  }
  return decrease;
}

// A step that decreases the value enough (Armijo) and, for a smooth function, flattens the slope (Wolfe). Near the
// minimum, where values differ by rounding only, slopes decide (the approximate Wolfe conditions of Hager and Zhang).
// False if there is none: nothing that could be gained is more than rounding.
Result<bool> QuasiNewton::Search(Objective& objective, std::span<const float> parameters, Iteration& iteration) {
  const bool smooth = l1_.l1 == 0;
  const double slope = Dot(slopes_, direction_);
  Bracket bracket{.low_slope = slope};
  double step = 1;
  for (int trial = 0; trial < kTrialsMax && slope < 0; ++trial, step = bracket.Next(smooth)) {
    MoveTo(step, parameters);
    const double expected = ExpectedDecrease(parameters);
    if (!(expected > kNothing * std::abs(value_))) return false;
    trial_value_ = Value(TRY(objective.Evaluate(trial_, trial_gradient_)), trial_);
    ++iteration.evaluations;
    const double new_slope = smooth ? Dot(trial_gradient_, direction_) : 0;
    const bool as_low =
        smooth && trial_value_ <= value_ + kValueNoise * std::abs(value_) && new_slope <= (2 * kDecrease - 1) * slope;
    if (!(trial_value_ <= value_ - kDecrease * expected) && !as_low) {
      bracket.high = step;
      bracket.high_slope = new_slope;
    } else if (smooth && new_slope < kFlatter * slope) {
      bracket.low = step;
      bracket.low_slope = new_slope;
    } else {
      iteration.step = step;
      return true;
    }
  }
  return false;
}

// Takes the trial as the parameters, and what it shows of the curvature.
void QuasiNewton::Accept(std::span<float> parameters) {
  Pair pair{.moved = std::vector<float>(trial_.size()), .bent = std::vector<float>(trial_.size())};
  for (std::size_t i = 0; i < trial_.size(); ++i) {
    pair.moved[i] = trial_[i] - parameters[i];
    pair.bent[i] = trial_gradient_[i] - gradient_[i];
  }
  if (Dot(pair.moved, pair.bent) > 0) {
    if (pairs_.size() == settings_.memory) pairs_.erase(pairs_.begin());
    pairs_.push_back(std::move(pair));
  }
  stalled_ = value_ - trial_value_ > kNothing * std::abs(value_) ? 0 : stalled_ + 1;
  value_ = trial_value_;
  std::ranges::copy(trial_, parameters.begin());
  gradient_.swap(trial_gradient_);
}

// By the length of the gradient, which depends on the units of the columns, and by what a quasi-Newton step can still
// gain, which does not (the Newton decrement; Boyd, Vandenberghe: Convex Optimization, 2004, section 9.5.1).
bool QuasiNewton::IsMinimum(double norm) {
  if (norm == 0) return true;
  if (norm > settings_.tolerance * first_norm_) return false;
  SetDirection();
  return -Dot(slopes_, direction_) <= settings_.gain * std::abs(value_);
}

Result<Iteration> QuasiNewton::Step(Objective& objective, std::span<float> parameters) {
  Iteration iteration;
  if (!known_) {
    value_ = Value(TRY(objective.Evaluate(parameters, gradient_)), parameters);
    ++iteration.evaluations;
    known_ = true;
  }
  SetSlopes(parameters);
  iteration.gradient_norm = std::sqrt(Dot(slopes_, slopes_));
  if (!std::isfinite(value_) || !std::isfinite(iteration.gradient_norm)) {
    iteration.end = Iteration::End::kNotFinite;
    return iteration;
  }
  if (first_norm_ < 0) first_norm_ = iteration.gradient_norm;
  iteration.end = Iteration::End::kConverged;
  if (IsMinimum(iteration.gradient_norm)) return iteration;
  for (;; pairs_.erase(pairs_.begin(), pairs_.end() - 1)) {
    SetDirection();
    if (TRY(Search(objective, parameters, iteration))) break;
    Align();
    if (l1_.l1 != 0 && TRY(Search(objective, parameters, iteration))) break;
    if (pairs_.size() <= 1) return iteration;
  }
  Accept(parameters);
  SetSlopes(parameters);
  iteration.gradient_norm = std::sqrt(Dot(slopes_, slopes_));
  if (!IsMinimum(iteration.gradient_norm) && stalled_ < kStallsMax) iteration.end = Iteration::End::kDescended;
  return iteration;
}

void QuasiNewton::Restart() {
  known_ = false;
  first_norm_ = -1;
  stalled_ = 0;
}

void QuasiNewton::AddCurvature(double added) {
  for (Pair& pair : pairs_) AddTimes(added, pair.moved, pair.bent);
}

Bytes QuasiNewton::Save() const {
  const QuasiNewtonHeader header{.parameters = gradient_.size(),
                                 .pairs = pairs_.size(),
                                 .known = known_ ? 1U : 0U,
                                 .stalled = stalled_,
                                 .value = value_,
                                 .first_norm = first_norm_};
  Bytes state;
  state.reserve(sizeof header + gradient_.size() * sizeof(float) * (1 + 2 * pairs_.size()));
  Append(state, BytesOf(header));
  Append(state, std::as_bytes(std::span(gradient_)));
  for (const Pair& pair : pairs_) {
    Append(state, std::as_bytes(std::span(pair.moved)));
    Append(state, std::as_bytes(std::span(pair.bent)));
  }
  return state;
}

Result<void> QuasiNewton::Restore(ByteSpan saved) {
  QuasiNewtonHeader header;
  const Error damaged{Code::kInvalid,
                      StrCat("state of L-BFGS: its ", saved.size(), " bytes are cut off, damaged, or of ",
                             "another model or memory; start the job anew")};
  if (saved.size() < sizeof header) return damaged;
  std::memcpy(&header, saved.data(), sizeof header);
  if (header.magic != kStateMagic || header.version != 1 || header.parameters != gradient_.size() ||
      header.pairs > settings_.memory || header.known > 1) {
    return damaged;
  }
  ByteSpan rest = saved.subspan(sizeof header);
  if (rest.size() != gradient_.size() * sizeof(float) * (1 + 2 * header.pairs)) return damaged;
  rest = TakeInto(gradient_, rest);
  pairs_.assign(header.pairs, {});
  for (Pair& pair : pairs_) {
    pair = {.moved = std::vector<float>(gradient_.size()), .bent = std::vector<float>(gradient_.size())};
    rest = TakeInto(pair.bent, TakeInto(pair.moved, rest));
  }
  known_ = header.known == 1;
  stalled_ = header.stalled;
  value_ = header.value;
  first_norm_ = header.first_norm;
  return {};
}

}  // namespace lambdaml
