// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <algorithm>
#include <thread>

namespace lambdaml {

namespace {
constexpr double kCenturySeconds = 100.0 * 365.25 * 86400.0;
}  // namespace

Clock::Time SystemClock::Now() const {
  return Time(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

void SystemClock::SleepUntil(Time time) {
  std::this_thread::sleep_until(std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(time.time_since_epoch())));
}

std::int64_t SystemClock::UnixMs() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Clock::Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Clock::Duration>(
      std::chrono::duration<double>(std::clamp(seconds, -kCenturySeconds, kCenturySeconds)));
}

}  // namespace lambdaml
