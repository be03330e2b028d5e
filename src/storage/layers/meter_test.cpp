// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/meter.h"

#include <gtest/gtest.h>

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
  StoreUse use;
  const auto store = WithMeter(OpenStore("memory:", {.clock = clock}).value(), clock, kPrices, use);
  const std::vector<PutItem> items{{.key = Key("a"), .value = AsBytes("12345")}, {.key = Key("b"), .value = {}}};
  ASSERT_TRUE(store->Put(items).ok());
  EXPECT_EQ(use.dollars, 15.0);  // two started units for a, one for b
  const std::vector<Key> keys{Key("a"), Key("none"), Key("a")};
  EXPECT_EQ(store->Get(keys).value()[0]->text(), "12345");
  EXPECT_EQ(store->Wait(keys, {.deadline = clock.Now() + std::chrono::milliseconds(2), .at_least = 3}).value().size(),
            3U);
  EXPECT_EQ(use.dollars, 16.5);
  const Range range{.key = Key("a"), .offset = 1, .length = 2};
  EXPECT_EQ(store->Read({&range, 1}).value()[0]->bytes.text(), "23");
  EXPECT_EQ(store->List(Key()).value().size(), 2U);
  EXPECT_TRUE(store->Delete(keys).ok());
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

}  // namespace
}  // namespace lambdaml
