// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/arrival.h"

#include <algorithm>

namespace lambdaml {

namespace {

constexpr int kUsualErrorsMax = 8;
constexpr int kHitsPerMiss = 10;
constexpr Clock::Duration kErrorMin = std::chrono::microseconds(10);

}  // namespace

void ArrivalEstimate::Hit() { delay_ -= std::min<Clock::Duration>(delay_, error_ / 2 / kHitsPerMiss); }

void ArrivalEstimate::Miss(Clock::Duration came) {
  const auto error = std::clamp<Clock::Duration>(came - delay_, kErrorMin, kUsualErrorsMax * error_);
  delay_ += error / 2;
  error_ += (error - error_) / 2;
}

}  // namespace lambdaml
