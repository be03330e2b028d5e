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
    store_ = WithPolling(WithMeter(std::move(scripted), clock_, {}, use_), clock_, &use_);
  }

  VirtualClock clock_;
  StoreUse use_;
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
  EXPECT_EQ(use_.waiting, milliseconds(60));
  EXPECT_EQ(use_.waits, 7U);
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
  EXPECT_EQ(use_.waits, 5U);  // three keys, then one, then one
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
