// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/latency.h"

#include <gtest/gtest.h>

#include "storage/ops.h"
#include "storage/testing/scripted_store.h"
#include "storage/testing/virtual_clock.h"

namespace lambdaml {
namespace {

using std::chrono::milliseconds;

TEST(Latency, EachCallTakesItAndItsBytesOverTheBandwidth) {
  VirtualClock clock;
  const auto store = WithLatency(std::make_unique<ScriptedStore>(clock), clock,
                                 {.latency = milliseconds(20), .bytes_per_second = 1000});
  const auto taken = [&clock](const auto& call) {
    const Clock::Time begin = clock.Now();
    EXPECT_TRUE(call().ok());
    return clock.Now() - begin;
  };
  const std::string ten(10, 'x');
  const std::vector<PutItem> items{{.key = Key("a"), .value = AsBytes(ten)}, {.key = Key("b"), .value = AsBytes(ten)}};
  const std::vector<Key> keys{Key("a"), Key("b"), Key("c")};
  const Range range{.key = Key("a"), .offset = 1, .length = 5};
  EXPECT_EQ(taken([&] { return store->Put(items); }), milliseconds(40));
  EXPECT_EQ(taken([&] { return store->Get(keys); }), milliseconds(40));
  EXPECT_EQ(taken([&] { return store->Read({&range, 1}); }), milliseconds(25));
  EXPECT_EQ(taken([&] { return store->List(Key()); }), milliseconds(20));
  EXPECT_EQ(taken([&] { return store->Wait(keys, {.deadline = clock.Now() + milliseconds(5)}); }), milliseconds(40));
  EXPECT_EQ(taken([&] { return store->Delete(keys); }), milliseconds(20));
}

TEST(Latency, AWaitEndsALatencyAfterTheValueIsThere) {
  VirtualClock clock;
  auto scripted = std::make_unique<ScriptedStore>(clock);
  scripted->before = [&clock](std::string_view, int) -> Result<void> {
    clock.Advance(std::chrono::hours(1));
    return {};
  };
  const auto store = WithLatency(std::move(scripted), clock, {.latency = milliseconds(20)});
  const Key key("a");
  const Clock::Time begin = clock.Now();
  ASSERT_TRUE(store->Wait({&key, 1}, {.deadline = begin}).ok());
  EXPECT_EQ(clock.Now() - begin, std::chrono::hours(1) + milliseconds(20));
  ASSERT_TRUE(store->Get({&key, 1}).ok());  // took long enough by itself
  EXPECT_EQ(clock.Now() - begin, std::chrono::hours(2) + milliseconds(20));
}

TEST(Latency, TheSpreadIsTheSameForTheSameSeed) {
  VirtualClock clocks[3];
  for (std::size_t i = 0; i < 3; ++i) {
    const auto store = WithLatency(std::make_unique<ScriptedStore>(clocks[i]), clocks[i],
                                   {.latency = milliseconds(10), .spread = milliseconds(5), .seed = i / 2});
    for (int call = 0; call < 50; ++call) ASSERT_TRUE(store->List(Key()).ok());
    for (const Clock::Duration sleep : clocks[i].sleeps()) {
      EXPECT_GE(sleep, milliseconds(10));
      EXPECT_LT(sleep, milliseconds(15));
    }
  }
  EXPECT_EQ(clocks[0].sleeps(), clocks[1].sleeps());
  EXPECT_NE(clocks[0].sleeps(), clocks[2].sleeps());
}

}  // namespace
}  // namespace lambdaml
