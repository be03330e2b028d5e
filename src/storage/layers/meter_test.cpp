// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/meter.h"

#include <gtest/gtest.h>

#include "storage/registry.h"

namespace lambdaml {
namespace {

TEST(Meter, CountsItemsAndBytes) {
  SystemClock clock;
  StoreUse use;
  const auto store = WithMeter(OpenStore("memory:", clock).value(), clock, use);
  const std::vector<PutItem> items{{.key = Key("a"), .value = AsBytes("12345")}, {.key = Key("b"), .value = {}}};
  ASSERT_TRUE(store->Put(items).ok());
  const std::vector<Key> keys{Key("a"), Key("none"), Key("a")};
  EXPECT_EQ(store->Get(keys).value()[0]->text(), "12345");
  EXPECT_EQ(store->Wait(keys, {.deadline = clock.Now() + std::chrono::milliseconds(2), .at_least = 3}).value().size(),
            3U);
  EXPECT_EQ(store->List(Key()).value().size(), 2U);
  EXPECT_TRUE(store->Delete(keys).ok());
  EXPECT_EQ(use.puts, 2U);
  EXPECT_EQ(use.bytes_written, 5U);
  EXPECT_EQ(use.gets, 3U);
  EXPECT_EQ(use.waits, 3U);
  EXPECT_EQ(use.bytes_read, 20U);
  EXPECT_EQ(use.lists, 1U);
  EXPECT_EQ(use.deletes, 3U);
  EXPECT_GE(use.waiting, std::chrono::milliseconds(1));
  EXPECT_EQ(store->name(), "memory:");
}

}  // namespace
}  // namespace lambdaml
