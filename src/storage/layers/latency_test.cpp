// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/latency.h"

#include <gtest/gtest.h>

#include <ostream>

#include "storage/ops.h"
#include "storage/testing/scripted_store.h"
#include "storage/testing/virtual_clock.h"

namespace lambdaml {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class Latency : public ::testing::Test {
 protected:
  void Open(const LatencyOptions& options) {
    auto scripted = std::make_unique<ScriptedStore>(clock_);
    scripted_ = scripted.get();
    scripted_->before = [this](std::string_view, int) -> Result<void> {
      asked_ = clock_.Now();
      return {};
    };
    store_ = WithLatency(std::move(scripted), clock_, options);
  }

  // When a call had its effect, and when it was answered, from its begin.
  struct Times {
    Clock::Duration effect{};
    Clock::Duration answer{};
    friend bool operator==(const Times&, const Times&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Times& times) {
      return out << Seconds(times.effect) << " s, " << Seconds(times.answer) << " s";
    }
  };

  template <class Call>
  Times TimesOf(const Call& call) {
    const Clock::Time begin = clock_.Now();
    EXPECT_TRUE(call().ok());
    return {.effect = asked_ - begin, .answer = clock_.Now() - begin};
  }

  static PutItem Item(const char* key, const std::string& value) { return {.key = Key(key), .value = AsBytes(value)}; }

  VirtualClock clock_;
  ScriptedStore* scripted_ = nullptr;
  Clock::Time asked_{};
  std::unique_ptr<Store> store_;
  const std::string ten_ = std::string(10, 'x');
  const std::string thirty_ = std::string(30, 'x');
  const std::vector<Key> keys_{Key("a"), Key("b"), Key("none")};
};

TEST_F(Latency, IsHalfOnTheWayAndHalfOnTheWayBackAndBytesTravelOverTheBandwidth) {
  Open({.latency = milliseconds(20), .bytes_per_second = 1000});
  const std::vector<PutItem> items{Item("a", ten_), Item("b", ten_)};
  const Range range{.key = Key("a"), .offset = 1, .length = 5};
  EXPECT_EQ(TimesOf([&] { return store_->Put(items); }), (Times{milliseconds(30), milliseconds(40)}));
  EXPECT_EQ(TimesOf([&] { return store_->Get(keys_); }), (Times{milliseconds(10), milliseconds(40)}));
  EXPECT_EQ(TimesOf([&] { return store_->Read({&range, 1}); }), (Times{milliseconds(10), milliseconds(25)}));
  EXPECT_EQ(TimesOf([&] { return store_->List(Key()); }), (Times{milliseconds(10), milliseconds(20)}));
  EXPECT_EQ(TimesOf([&] { return store_->Wait(keys_, {.deadline = clock_.Now()}); }),
            (Times{milliseconds(10), milliseconds(40)}));
  EXPECT_EQ(TimesOf([&] { return store_->Delete(keys_); }), (Times{milliseconds(10), milliseconds(20)}));
}

TEST_F(Latency, EachItemHasAConnectionAndAllShareTheBandwidth) {
  Open({.latency = milliseconds(20), .bytes_per_second = 4000, .connection_bytes_per_second = 1000});
  const std::vector<PutItem> uneven{Item("a", thirty_), Item("b", ten_)};
  EXPECT_EQ(TimesOf([&] { return store_->Put(uneven); }), (Times{milliseconds(40), milliseconds(50)}));
  EXPECT_EQ(TimesOf([&] { return store_->Get(keys_); }), (Times{milliseconds(10), milliseconds(50)}));
  const std::vector<PutItem> many(8, Item("c", ten_));
  EXPECT_EQ(TimesOf([&] { return store_->Put(many); }), (Times{milliseconds(30), milliseconds(40)}));
  const std::vector<Key> often(8, Key("c"));
  EXPECT_EQ(TimesOf([&] { return store_->Get(often); }), (Times{milliseconds(10), milliseconds(40)}));
}

TEST_F(Latency, AConnectionAloneLimitsToo) {
  Open({.connection_bytes_per_second = 1000});
  const std::vector<PutItem> items{Item("a", thirty_), Item("b", thirty_)};
  EXPECT_EQ(TimesOf([&] { return store_->Put(items); }), (Times{milliseconds(30), milliseconds(30)}));
}

// The clock goes back to where another thread would have begun.
TEST_F(Latency, CallsAtTheSameTimeShareTheLineOfTheirDirectionOnly) {
  Open({.bytes_per_second = 1000});
  const std::vector<PutItem> items{Item("a", thirty_)};
  ASSERT_TRUE(store_->Put(items).ok());
  const Clock::Time begin = clock_.Now();
  ASSERT_TRUE(store_->Get({keys_.data(), 1}).ok());  // the line down is busy until here
  const Clock::Time down_free = clock_.Now();
  EXPECT_EQ(down_free - begin, milliseconds(30));
  clock_.Advance(milliseconds(-20));  // a caller who begins 20 ms before
  ASSERT_TRUE(store_->Put(items).ok());
  EXPECT_EQ(clock_.Now() - down_free, milliseconds(10));  // the line up was free
  clock_.Advance(milliseconds(-20));
  ASSERT_TRUE(store_->Get({keys_.data(), 1}).ok());
  EXPECT_EQ(clock_.Now() - down_free, milliseconds(30));  // after the first
}

TEST_F(Latency, AWaitThatBlocksEndsHalfALatencyAndTheTransferAfterTheValueIsThere) {
  Open({.latency = milliseconds(20), .bytes_per_second = 1000});
  ASSERT_TRUE(Save(scripted_->inner(), keys_[0], AsBytes(ten_)).ok());
  scripted_->before = [this](std::string_view, int) -> Result<void> {
    asked_ = clock_.Now();
    clock_.Advance(hours(1));
    return {};
  };
  EXPECT_EQ(TimesOf([&] {
              return store_->Wait({keys_.data(), 1}, {.deadline = clock_.Now()});
            }),
            (Times{milliseconds(10), milliseconds(10) + hours(1) + milliseconds(20)}));
}

TEST_F(Latency, AWaitThatIsPolledIsALook) {
  Open({.latency = milliseconds(20)});
  scripted_->own_limits().waits_natively = false;
  scripted_->before = [this](std::string_view, int) -> Result<void> {
    asked_ = clock_.Now();
    clock_.Advance(milliseconds(4));
    return {};
  };
  EXPECT_EQ(TimesOf([&] { return store_->Wait(keys_, {.deadline = clock_.Now() + hours(1)}); }),
            (Times{milliseconds(10), milliseconds(20)}));
}

TEST_F(Latency, IncludesTheTimeOfTheStoreBelow) {
  Open({.latency = milliseconds(20)});
  scripted_->before = [this](std::string_view, int) -> Result<void> {
    clock_.Advance(milliseconds(7));
    return {};
  };
  const Clock::Time begin = clock_.Now();
  ASSERT_TRUE(store_->Get(keys_).ok());
  EXPECT_EQ(clock_.Now() - begin, milliseconds(20));
  scripted_->before = [this](std::string_view, int) -> Result<void> {
    clock_.Advance(hours(1));
    return {};
  };
  ASSERT_TRUE(store_->Get(keys_).ok());  // took long enough by itself
  EXPECT_EQ(clock_.Now() - begin, milliseconds(30) + hours(1));
}

TEST_F(Latency, AWaitThatIsCancelledEndsWithinATenthOfASecond) {
  Open({.latency = hours(1)});
  const std::atomic<bool> cancelled{true};
  const Clock::Time begin = clock_.Now();
  const auto values = store_->Wait(keys_, {.deadline = begin + hours(9), .cancelled = &cancelled});
  EXPECT_TRUE(values.ok());
  EXPECT_LE(clock_.Now() - begin, milliseconds(100));
}

TEST(LatencySpread, IsTheSameForTheSameSeed) {
  VirtualClock clocks[3];
  for (std::size_t i = 0; i < 3; ++i) {
    const auto store = WithLatency(std::make_unique<ScriptedStore>(clocks[i]), clocks[i],
                                   {.latency = milliseconds(10), .spread = milliseconds(5), .seed = i / 2});
    for (int call = 0; call < 50; ++call) ASSERT_TRUE(store->List(Key()).ok());
    for (const Clock::Duration sleep : clocks[i].sleeps()) {
      EXPECT_GE(sleep, milliseconds(5));  // half of it
      EXPECT_LT(sleep, std::chrono::microseconds(7500));
    }
  }
  EXPECT_EQ(clocks[0].sleeps(), clocks[1].sleeps());
  EXPECT_NE(clocks[0].sleeps(), clocks[2].sleeps());
}

}  // namespace
}  // namespace lambdaml
