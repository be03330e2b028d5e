// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/arrival.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/random.h"

namespace lambdaml {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What a series of waits is like when values come so long after the begin and a look takes 80 ms.
struct Series {
  int misses = 0;
  Clock::Duration late{};  // from the values to the look that found them
};

Series Play(ArrivalEstimate& estimate, int waits, const std::function<Clock::Duration()>& comes) {
  constexpr Clock::Duration kLook = milliseconds(80);
  Series series;
  for (int i = 0; i < waits; ++i) {
    const Clock::Duration came = comes();
    Clock::Duration look = estimate.delay();
    if (look >= came) {
      estimate.Hit();
    } else {
      while (look < came) look += kLook, ++series.misses;
      estimate.Miss(look - kLook / 2);
    }
    series.late += look - came;
  }
  return series;
}

TEST(Arrival, ValuesThatAreThereAtOnceAreLookedForAtOnce) {
  ArrivalEstimate estimate;
  const Series series = Play(estimate, 100, [] { return Clock::Duration{}; });
  EXPECT_EQ(series.misses, 0);
  EXPECT_EQ(estimate.delay(), Clock::Duration{});
}

TEST(Arrival, LearnsWhenValuesCome) {
  ArrivalEstimate estimate;
  Random random(3, 0);
  const auto comes = [&random] { return milliseconds(300 + random.Below(20)); };
  Play(estimate, 30, comes);
  const Series series = Play(estimate, 1000, comes);
  EXPECT_LE(series.misses, 250);  // brute force: 4,000
  EXPECT_LE(series.late / 1000, milliseconds(30));
}

TEST(Arrival, OneStragglerDoesNotHoldUpTheWaitsAfterIt) {
  ArrivalEstimate estimate;
  const auto comes = [] { return milliseconds(100); };
  Play(estimate, 200, comes);
  estimate.Miss(seconds(60));
  EXPECT_LE(estimate.delay(), milliseconds(500));
  const Series series = Play(estimate, 100, comes);
  EXPECT_LE(series.late / 100, milliseconds(150));
}

}  // namespace
}  // namespace lambdaml
