// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/retry.h"

#include <gtest/gtest.h>

#include "storage/ops.h"
#include "storage/testing/scripted_store.h"
#include "storage/testing/virtual_clock.h"

namespace lambdaml {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Retry : public ::testing::Test {
 protected:
  Retry() : Retry(RetryOptions{.budget = seconds(10), .seed = 7}) {}
  explicit Retry(const RetryOptions& options) {
    auto scripted = std::make_unique<ScriptedStore>(clock_);
    scripted_ = scripted.get();
    store_ = WithRetry(std::move(scripted), clock_, options);
  }

  // The calls of that name fail up to the given number.
  void FailUntil(const std::string& call, int number, Error error) {
    scripted_->before = [call, number, error](std::string_view name, int n) -> Result<void> {
      if (name == call && n <= number) return error;
      return {};
    };
  }

  // The first answer to a Put is lost, and the write took effect.
  void LoseTheFirstAnswer() {
    scripted_->after = [](std::string_view name, int n) -> Result<void> {
      if (name == "Put" && n == 1) return Error{Code::kUnavailable, "cut off"};
      return {};
    };
  }

  VirtualClock clock_;
  ScriptedStore* scripted_ = nullptr;
  std::unique_ptr<Store> store_;
};

const Error kAway{Code::kUnavailable, "host:1 is away"};

TEST_F(Retry, TriesAgainUntilItWorks) {
  FailUntil("Put", 5, kAway);
  EXPECT_TRUE(Save(*store_, Key("a"), AsBytes("x")).ok());
  EXPECT_EQ(scripted_->Count("Put"), 6);
  EXPECT_EQ(clock_.sleeps().size(), 5U);
  Clock::Duration before = milliseconds(20);
  for (const Clock::Duration pause : clock_.sleeps()) {
    EXPECT_GE(pause, milliseconds(20));
    EXPECT_LE(pause, std::max<Clock::Duration>(milliseconds(20), 3 * before));
    before = pause;
  }
}

TEST_F(Retry, GivesUpWhenTheBudgetIsUsedUpAndTellsHowOftenItTried) {
  FailUntil("Get", 1 << 30, kAway);
  const Clock::Time begin = clock_.Now();
  const auto loaded = Load(*store_, Key("a"));
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, Code::kUnavailable);
  EXPECT_EQ(clock_.Now() - begin, seconds(10));
  EXPECT_EQ(loaded.error().message, StrCat("host:1 is away (tried ", scripted_->Count("Get"), " times in 10.0 s)"));
  for (const Clock::Duration pause : clock_.sleeps()) EXPECT_LE(pause, seconds(5));
}

TEST_F(Retry, EveryCallHasABudgetOfItsOwn) {
  FailUntil("Get", 1 << 30, kAway);
  for (int i = 0; i < 3; ++i) {
    const Clock::Time begin = clock_.Now();
    EXPECT_FALSE(Load(*store_, Key("a")).ok());
    EXPECT_EQ(clock_.Now() - begin, seconds(10));
  }
}

TEST_F(Retry, OtherErrorsPassAtOnce) {
  for (const Code code : {Code::kInvalid, Code::kInternal, Code::kTimeout, Code::kNotFound}) {
    FailUntil("List", 1 << 30, Error{code, "no"});
    const auto listed = store_->List(Key());
    ASSERT_FALSE(listed.ok());
    EXPECT_EQ(listed.error().code, code);
    EXPECT_EQ(listed.error().message, "no");
  }
  EXPECT_EQ(scripted_->Count("List"), 4);
  EXPECT_TRUE(clock_.sleeps().empty());
}

TEST_F(Retry, WaitsAsLongAsTheServerAsks) {
  FailUntil("Delete", 1, Error{.code = Code::kUnavailable, .message = "busy", .retry_after = seconds(6)});
  EXPECT_TRUE(Remove(*store_, Key("a")).ok());
  EXPECT_EQ(clock_.sleeps(), std::vector<Clock::Duration>{seconds(6)});
}

TEST_F(Retry, GivesUpAtOnceWhenTheServerAsksForMoreThanIsLeft) {
  FailUntil("Delete", 1, Error{.code = Code::kUnavailable, .message = "busy", .retry_after = seconds(11)});
  const auto removed = Remove(*store_, Key("a"));
  ASSERT_FALSE(removed.ok());
  EXPECT_EQ(removed.error().message, "busy (the server asks for a pause of 11.0 s)");
  EXPECT_TRUE(clock_.sleeps().empty());
}

TEST_F(Retry, AConditionalPutThatMeetsItsOwnValueHasWon) {
  LoseTheFirstAnswer();
  EXPECT_TRUE(SaveIfAbsent(*store_, Key("lease"), AsBytes("mine")).ok());
  EXPECT_EQ(scripted_->Count("Put"), 2);
}

TEST_F(Retry, AConditionalPutThatMeetsAnotherValueHasLost) {
  ASSERT_TRUE(Save(scripted_->inner(), Key("lease"), AsBytes("theirs")).ok());
  LoseTheFirstAnswer();
  const auto saved = SaveIfAbsent(*store_, Key("lease"), AsBytes("mine"));
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, Code::kConflict);
}

TEST_F(Retry, AConflictWithoutALostAnswerIsNotLookedAt) {
  ASSERT_TRUE(Save(scripted_->inner(), Key("lease"), AsBytes("mine")).ok());
  EXPECT_EQ(SaveIfAbsent(*store_, Key("lease"), AsBytes("mine")).error().code, Code::kConflict);
  EXPECT_EQ(scripted_->Count("Get"), 0);
}

TEST_F(Retry, OfABatchAllConditionsMustHaveWon) {
  LoseTheFirstAnswer();
  const std::vector<PutItem> items{
      {.key = Key("free"), .value = AsBytes("1"), .condition = Condition::kIfAbsent},
      {.key = Key("plain"), .value = AsBytes("2")},
      {.key = Key("held"), .value = AsBytes("new"), .condition = Condition::kIfEquals, .expected = AsBytes("old")}};
  ASSERT_TRUE(Save(scripted_->inner(), Key("held"), AsBytes("old")).ok());
  EXPECT_TRUE(store_->Put(items).ok());
  EXPECT_EQ(Load(*store_, Key("held")).value().text(), "new");
  EXPECT_EQ(store_->Put(items).error().code, Code::kConflict);
}

TEST_F(Retry, AWaitEndsAtItsDeadlineWithTheErrorOrWithWhatIsThere) {
  const Key key("a");
  const Clock::Time begin = clock_.Now();
  FailUntil("Wait", 1 << 30, kAway);
  const auto failed = store_->Wait({&key, 1}, {.deadline = begin + milliseconds(50)});
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, Code::kUnavailable);
  EXPECT_GE(clock_.Now() - begin, milliseconds(50));
  EXPECT_LE(clock_.Now() - begin, milliseconds(110));
  FailUntil("Wait", scripted_->Count("Wait") + 3, kAway);
  ASSERT_TRUE(Save(scripted_->inner(), key, AsBytes("x")).ok());
  const auto found = store_->Wait({&key, 1}, {.deadline = clock_.Now()});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found.value()[0]->text(), "x");
}

TEST_F(Retry, AWaitThatBlockedForLongBeforeItFailedIsTriedAgain) {
  scripted_->before = [this](std::string_view, int number) -> Result<void> {
    if (number <= 3) {
      clock_.Advance(hours(1));
      return kAway;
    }
    return number <= 6 ? Result<void>(kAway) : Result<void>();
  };
  const Key key("a");
  ASSERT_TRUE(Save(scripted_->inner(), key, AsBytes("x")).ok());
  EXPECT_TRUE(store_->Wait({&key, 1}, {.deadline = clock_.Now() + hours(9)}).ok());
  EXPECT_EQ(scripted_->Count("Wait"), 7);
}

TEST_F(Retry, ACancelledWaitEndsSoon) {
  std::atomic<bool> cancelled{false};
  scripted_->before = [&cancelled](std::string_view, int number) -> Result<void> {
    if (number == 4) cancelled = true;
    return Error{.code = Code::kUnavailable, .message = "busy", .retry_after = seconds(2)};
  };
  const Key key("a");
  const Clock::Time begin = clock_.Now();
  EXPECT_FALSE(store_->Wait({&key, 1}, {.deadline = begin + hours(1), .cancelled = &cancelled}).ok());
  EXPECT_LE(clock_.Now() - begin, seconds(6) + milliseconds(100));
  EXPECT_EQ(scripted_->Count("Wait"), 4);
}

}  // namespace
}  // namespace lambdaml
