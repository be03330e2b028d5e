// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/meter.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "storage/registry.h"

namespace lambdaml {
namespace {

constexpr StorePrices kPrices{.as_of = "2026-11-01",
                              .put = 5.0,
                              .get = 0.25,
                              .list = 100.0,
                              .remove = 1000.0,
                              .put_unit_bytes = 4,
                              .get_unit_bytes = 0};

TEST(Meter, CountsItemsBytesAndDollars) {
  SystemClock clock;
  StoreMeter meter;
  const auto store = WithMeter(OpenStore("memory:", {.clock = clock}).value(), clock, kPrices, meter);
  const std::vector<PutItem> items{{.key = Key("a"), .value = AsBytes("12345")}, {.key = Key("b"), .value = {}}};
  ASSERT_TRUE(store->Put(items).ok());
  EXPECT_EQ(meter.use().dollars, 15.0);  // two started units for a, one for b
  const std::vector<Key> keys{Key("a"), Key("none"), Key("a")};
  EXPECT_EQ(store->Get(keys).value()[0]->text(), "12345");
  EXPECT_EQ(store->Wait(keys, {.deadline = clock.Now() + std::chrono::milliseconds(2), .at_least = 3}).value().size(),
            3U);
  EXPECT_EQ(meter.use().dollars, 16.5);
  const Range range{.key = Key("a"), .offset = 1, .length = 2};
  EXPECT_EQ(store->Read({&range, 1}).value()[0]->bytes.text(), "23");
  EXPECT_EQ(store->List(Key()).value().size(), 2U);
  EXPECT_TRUE(store->Delete(keys).ok());
  const StoreUse use = meter.use();
  EXPECT_EQ(use.dollars, 3116.75);
  EXPECT_EQ(use.puts, 2U);
  EXPECT_EQ(use.bytes_written, 5U);
  EXPECT_EQ(use.gets, 4U);
  EXPECT_EQ(use.waits, 3U);
  EXPECT_EQ(use.misses, 2U);
  EXPECT_EQ(use.bytes_read, 22U);
  EXPECT_EQ(use.lists, 1U);
  EXPECT_EQ(use.deletes, 3U);
  EXPECT_EQ(use.requests(), 13U);
  EXPECT_GE(use.waiting, std::chrono::milliseconds(1));
  EXPECT_EQ(store->name(), "memory:");
}

TEST(Meter, CountsForManyThreadsWhileItIsRead) {
  constexpr std::uint64_t kCalls = 500;
  SystemClock clock;
  StoreMeter meter;
  const auto store = WithMeter(OpenStore("memory:", {.clock = clock}).value(), clock, kPrices, meter);
  std::array<std::jthread, 4> threads;
  for (std::jthread& thread : threads) {
    thread = std::jthread([&store] {
      const Key key("none");
      for (std::uint64_t call = 0; call < kCalls; ++call) EXPECT_TRUE(store->Wait({&key, 1}, {.deadline = {}}).ok());
    });
  }
  for (std::uint64_t seen = 0; seen < 4 * kCalls;) {
    const StoreUse use = meter.use();
    EXPECT_LE(use.misses, use.waits);  // an answer is counted after its question
    EXPECT_GE(use.misses, seen);
    seen = use.misses;
  }
  for (std::jthread& thread : threads) thread.join();
  EXPECT_EQ(meter.use().waits, 4 * kCalls);
  EXPECT_EQ(meter.use().dollars, 0.25 * 4 * kCalls);
}

}  // namespace
}  // namespace lambdaml
