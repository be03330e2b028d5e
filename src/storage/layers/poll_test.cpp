// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/poll.h"

#include <gtest/gtest.h>

#include "storage/layers/meter.h"
#include "storage/ops.h"
#include "storage/testing/scripted_store.h"
#include "storage/testing/virtual_clock.h"

namespace lambdaml {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

class Poll : public ::testing::Test {
 protected:
  Poll() {
    auto scripted = std::make_unique<ScriptedStore>(clock_);
    scripted_ = scripted.get();
    scripted_->own_limits().waits_natively = false;
    scripted_->own_limits().poll_pause_min = milliseconds(4);
    scripted_->own_limits().poll_pause_max = milliseconds(20);
    store_ = WithPolling(WithMeter(std::move(scripted), clock_, {}, meter_), clock_, &meter_);
  }

  VirtualClock clock_;
  StoreMeter meter_;
  ScriptedStore* scripted_ = nullptr;
  std::unique_ptr<Store> store_;
};

TEST_F(Poll, PausesGrowUpToTheLongestAndEndAtTheDeadline) {
  const Key key("none");
  const Clock::Time begin = clock_.Now();
  const auto values = store_->Wait({&key, 1}, {.deadline = begin + milliseconds(60)});
  ASSERT_TRUE(values.ok());
  EXPECT_FALSE(values.value()[0].has_value());
  const std::vector<Clock::Duration> expected{milliseconds(4),  milliseconds(6),
                                              milliseconds(9),  milliseconds(13) + std::chrono::microseconds(500),
                                              milliseconds(20), milliseconds(7) + std::chrono::microseconds(500)};
  EXPECT_EQ(clock_.sleeps(), expected);
  EXPECT_EQ(meter_.use().waiting, milliseconds(60));
  EXPECT_EQ(meter_.use().waits, 7U);
}

TEST_F(Poll, LooksOnlyForWhatIsMissing) {
  scripted_->before = [this](std::string_view, int number) -> Result<void> {
    return number == 3 ? Save(scripted_->inner(), Key("late"), AsBytes("!")) : Result<void>();
  };
  ASSERT_TRUE(Save(scripted_->inner(), Key("early"), AsBytes("?")).ok());
  const std::vector<Key> keys{Key("early"), Key("late"), Key("early")};
  const auto values = store_->Wait(keys, {.deadline = clock_.Now() + hours(1), .at_least = 3});
  ASSERT_TRUE(values.ok());
  EXPECT_EQ(values.value()[0]->text(), "?");
  EXPECT_EQ(values.value()[1]->text(), "!");
  EXPECT_EQ(values.value()[2]->text(), "?");
  EXPECT_EQ(meter_.use().waits, 5U);  // three keys, then one, then one
}

// Waits of kind 1 whose value comes so long after their begin.
class PollAgain : public Poll {
 protected:
  std::uint64_t RequestsOfAWaitFor(Clock::Duration comes) {
    const std::uint64_t before = meter_.use().waits;
    const Clock::Time begin = clock_.Now();
    scripted_->before = [this, begin, comes](std::string_view, int) -> Result<void> {
      return clock_.Now() < begin + comes ? Result<void>() : Save(scripted_->inner(), kKey, AsBytes("!"));
    };
    const auto values = store_->Wait({&kKey, 1}, {.deadline = begin + hours(1), .kind = 1});
    EXPECT_TRUE(values.ok() && values.value()[0]);
    EXPECT_TRUE(Remove(scripted_->inner(), kKey).ok());
    return meter_.use().waits - before;
  }

  const Key kKey{"a"};
};

TEST_F(PollAgain, TheFirstLookIsWhenTheValuesOfFormerWaitsCame) {
  EXPECT_EQ(RequestsOfAWaitFor(milliseconds(400)), 24U);
  for (int i = 0; i < 30; ++i) RequestsOfAWaitFor(milliseconds(400));
  std::uint64_t requests = 0;
  for (int i = 0; i < 100; ++i) requests += RequestsOfAWaitFor(milliseconds(400));
  EXPECT_LE(requests, 130U);
  EXPECT_LE(meter_.use().waiting, milliseconds(131 * 430));
}

TEST_F(PollAgain, AWaitThatBeginsAfterItsValuesCameLooksAtOnce) {
  for (int i = 0; i < 30; ++i) RequestsOfAWaitFor(milliseconds(400));
  scripted_->before = nullptr;
  ASSERT_TRUE(Save(scripted_->inner(), kKey, AsBytes("!")).ok());
  const Clock::Time begin = clock_.Now();
  const WaitOptions late{.deadline = begin + hours(1), .kind = 1, .since = begin - milliseconds(600)};
  ASSERT_TRUE(store_->Wait({&kKey, 1}, late).ok());
  EXPECT_EQ(clock_.Now(), begin);
  const WaitOptions early{.deadline = begin + hours(1), .kind = 1, .since = begin - milliseconds(300)};
  ASSERT_TRUE(store_->Wait({&kKey, 1}, early).ok());
  EXPECT_GE(clock_.Now(), begin + milliseconds(80));
}

TEST_F(PollAgain, OtherKindsAreLookedForAtOnce) {
  for (int i = 0; i < 30; ++i) RequestsOfAWaitFor(milliseconds(400));
  scripted_->before = nullptr;
  ASSERT_TRUE(Save(scripted_->inner(), kKey, AsBytes("!")).ok());
  const Clock::Time begin = clock_.Now();
  for (const std::uint32_t kind : {0U, 2U}) {
    ASSERT_TRUE(store_->Wait({&kKey, 1}, {.deadline = begin + hours(1), .kind = kind}).ok());
  }
  EXPECT_EQ(clock_.Now(), begin);
}

TEST_F(PollAgain, TheFirstLookIsNotLaterThanTheDeadline) {
  for (int i = 0; i < 30; ++i) RequestsOfAWaitFor(milliseconds(400));
  const Clock::Time begin = clock_.Now();
  ASSERT_TRUE(store_->Wait({&kKey, 1}, {.deadline = begin + milliseconds(50), .kind = 1}).ok());
  EXPECT_EQ(clock_.Now() - begin, milliseconds(50));
}

TEST_F(PollAgain, UrgentKeysAreLookedForWhileNothingElseIsExpected) {
  for (int i = 0; i < 30; ++i) RequestsOfAWaitFor(hours(1) - minutes(1));
  scripted_->before = nullptr;
  ASSERT_TRUE(Save(scripted_->inner(), Key("stop"), AsBytes("!")).ok());
  const std::vector<Key> keys{Key("stop"), kKey};
  const Clock::Time begin = clock_.Now();
  const auto values = store_->Wait(keys, {.deadline = begin + hours(1), .urgent = 1, .kind = 1});
  EXPECT_TRUE(values.ok() && values.value()[0]);
  EXPECT_EQ(clock_.Now() - begin, std::chrono::seconds(1));
}

TEST_F(PollAgain, SeesThatItIsCancelledBeforeTheFirstLook) {
  for (int i = 0; i < 30; ++i) RequestsOfAWaitFor(minutes(5));
  const std::atomic<bool> cancelled{true};
  const Clock::Time begin = clock_.Now();
  ASSERT_TRUE(store_->Wait({&kKey, 1}, {.deadline = begin + hours(2), .cancelled = &cancelled, .kind = 1}).ok());
  EXPECT_LE(clock_.Now() - begin, milliseconds(100));
}

// Records when each look was.
class PollUrgent : public Poll {
 protected:
  PollUrgent() {
    scripted_->own_limits().poll_pause_min = milliseconds(200);
    scripted_->own_limits().poll_pause_max = milliseconds(400);
    auto pausing = std::make_unique<ScriptedStore>(clock_);
    pausing->own_limits() = scripted_->own_limits();
    pausing_ = pausing.get();
    store_ = WithPolling(WithMeter(std::move(pausing), clock_, {}, meter_), clock_, &meter_);
    pausing_->before = [this](std::string_view, int) -> Result<void> {
      looks_.push_back({.at = clock_.Now() - begin_, .requests = meter_.use().waits});
      return {};
    };
  }

  struct Look {
    Clock::Duration at{};
    std::uint64_t requests = 0;  // until then
    friend bool operator==(const Look&, const Look&) = default;
  };

  Clock::Time begin_ = clock_.Now();
  ScriptedStore* pausing_ = nullptr;
  std::vector<Look> looks_;
};

const std::vector<Key> kStopAndTwo{Key("stop"), Key("a"), Key("b")};

TEST_F(PollUrgent, KeysAreLeftOutOfTheFirstLookAndOfMostOthers) {
  const auto values = store_->Wait(kStopAndTwo, {.deadline = begin_ + milliseconds(2500), .at_least = 2, .urgent = 1});
  ASSERT_TRUE(values.ok());
  const std::vector<Look> expected{{milliseconds(0), 2},     {milliseconds(200), 4},   {milliseconds(500), 6},
                                   {milliseconds(900), 8},   {milliseconds(1300), 11}, {milliseconds(1700), 13},
                                   {milliseconds(2100), 15}, {milliseconds(2500), 18}};
  EXPECT_EQ(looks_, expected);
}

TEST_F(PollUrgent, AKeyIsSeenAboutASecondAfterItIsThere) {
  ASSERT_TRUE(Save(pausing_->inner(), kStopAndTwo[0], AsBytes("!")).ok());
  const auto values = store_->Wait(kStopAndTwo, {.deadline = begin_ + hours(1), .at_least = 2, .urgent = 1});
  ASSERT_TRUE(values.ok());
  EXPECT_EQ(values.value()[0]->text(), "!");
  EXPECT_EQ(clock_.Now() - begin_, milliseconds(1300));
}

TEST_F(Poll, SeesWithinATenthOfASecondThatItIsCancelled) {
  scripted_->own_limits().poll_pause_max = hours(1);
  scripted_->own_limits().poll_pause_min = minutes(1);
  auto slow = std::make_unique<ScriptedStore>(clock_);
  slow->own_limits() = scripted_->own_limits();
  std::atomic<bool> cancelled{false};
  slow->after = [&cancelled](std::string_view, int) -> Result<void> {
    cancelled = true;
    return {};
  };
  const auto store = WithPolling(std::move(slow), clock_, nullptr);
  const Key key("none");
  const Clock::Time begin = clock_.Now();
  ASSERT_TRUE(store->Wait({&key, 1}, {.deadline = begin + hours(2), .cancelled = &cancelled}).ok());
  EXPECT_LE(clock_.Now() - begin, milliseconds(100));
}

TEST_F(Poll, AnErrorEndsTheWait) {
  scripted_->before = [](std::string_view, int number) -> Result<void> {
    if (number == 3) return Error{Code::kUnavailable, "away"};
    return {};
  };
  const Key key("none");
  const auto values = store_->Wait({&key, 1}, {.deadline = clock_.Now() + hours(1)});
  ASSERT_FALSE(values.ok());
  EXPECT_EQ(values.error().message, "away");
}

}  // namespace
}  // namespace lambdaml
