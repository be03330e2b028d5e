// SPDX-License-Identifier: Apache-2.0
#pragma once

// A clock for tests: time stands still but for sleeping, which takes none of the test's own. For one thread at a time.

#include <algorithm>
#include <vector>

#include "base/clock.h"

namespace lambdaml {

class VirtualClock final : public Clock {
 public:
  Time Now() const override { return now_; }

  void SleepUntil(Time time) override {
    if (time <= now_) return;
    sleeps_.push_back(time - now_);
    now_ = time;
  }

  std::int64_t UnixMs() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
  }

  // The time that something else took.
  void Advance(Duration duration) { now_ += duration; }

  const std::vector<Duration>& sleeps() const { return sleeps_; }

 private:
  Time now_{std::chrono::hours(1)};
  std::vector<Duration> sleeps_;
};

}  // namespace lambdaml
