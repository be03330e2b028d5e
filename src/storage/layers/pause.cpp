// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/pause.h"

#include <algorithm>

namespace lambdaml {

namespace {
constexpr std::chrono::milliseconds kSlice{50};
}  // namespace

void PauseUntil(Clock& clock, Clock::Time time, const std::atomic<bool>* cancelled) {
  if (cancelled == nullptr) {
    clock.SleepUntil(time);
    return;
  }
  for (Clock::Time now = clock.Now(); now < time && !cancelled->load(); now = clock.Now()) {
    clock.SleepUntil(std::min<Clock::Time>(time, now + kSlice));
  }
}

}  // namespace lambdaml
