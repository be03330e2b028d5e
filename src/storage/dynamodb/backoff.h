// SPDX-License-Identifier: Apache-2.0
#pragma once

// Pauses before what DynamoDB left unprocessed is asked for again: each about twice as long as the one before, spread
// so that workers that were throttled together do not come back together.

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "base/random.h"

namespace lambdaml::dynamodb {

class Backoff {
 public:
  // `seed` differs from worker to worker, as the hash of a key that it writes does.
  Backoff(Clock& clock, std::uint64_t seed) : clock_(clock), random_(seed, 0), deadline_(clock.Now() + kPatience) {}

  // Sleeps. False, at once, when it is time to give up.
  bool Pause() {
    if (clock_.Now() >= deadline_) return false;
    const double share = 0.5 + random_.Uniform() / 2;
    clock_.SleepUntil(clock_.Now() + std::chrono::duration_cast<Clock::Duration>(pause_ * share));
    pause_ = std::min<Clock::Duration>(pause_ * 2, kPauseMax);
    return true;
  }

  // After progress, patience begins anew.
  void Progress() { deadline_ = clock_.Now() + kPatience; }

 private:
  static constexpr std::chrono::seconds kPatience{10};
  static constexpr std::chrono::milliseconds kPauseMin{20};
  static constexpr std::chrono::seconds kPauseMax{2};

  Clock& clock_;
  Random random_;
  Clock::Time deadline_;
  Clock::Duration pause_ = kPauseMin;
};

}  // namespace lambdaml::dynamodb
