// SPDX-License-Identifier: Apache-2.0
#pragma once

// How long after a moment that all waits of a kind have in common their values come, learnt from the waits before: late
// enough that the first
// look seldom misses, early enough that little time is lost. A miss moves the estimate by half its error, a hit moves
// it back by a twentieth of what errors are like, so about one look in ten misses. An error far beyond the usual counts
// as a few usual ones, so a single straggler does not hold up the rounds after it.

#include "base/clock.h"

namespace lambdaml {

class ArrivalEstimate {
 public:
  Clock::Duration delay() const { return delay_; }

  // The first look found everything.
  void Hit();

  // Only a later look did; the values came about so long after that moment.
  void Miss(Clock::Duration came);

 private:
  Clock::Duration delay_{};
  Clock::Duration error_ = std::chrono::milliseconds(1);  // what misses are like
};

}  // namespace lambdaml
