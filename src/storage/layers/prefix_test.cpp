// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/prefix.h"

#include <gtest/gtest.h>

#include "storage/ops.h"
#include "storage/testing/scripted_store.h"

namespace lambdaml {
namespace {

TEST(Prefix, SeesAndTouchesNothingOutside) {
  SystemClock clock;
  auto scripted = std::make_unique<ScriptedStore>(clock);
  Store& all = scripted->inner();
  for (const char* const key : {"jobs", "jobs/", "jobs/1/a", "jobs/10", "jobt"}) {
    ASSERT_TRUE(Save(all, Key(key), AsBytes(key)).ok());
  }
  const auto store = WithPrefix(std::move(scripted), Key("jobs/"));
  const auto entries = store->List(Key()).value();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].key, Key("1/a"));
  EXPECT_EQ(entries[1].key, Key("10"));
  EXPECT_EQ(Load(*store, Key("1/a")).value().text(), "jobs/1/a");
  EXPECT_EQ(Load(*store, Key()).error().code, Code::kInvalid);
  EXPECT_EQ(Clear(*store, Key("1")).value(), 1U);
  EXPECT_EQ(all.List(Key()).value().size(), 4U);
  EXPECT_EQ(store->limits().key_bytes_max, kKeyBytesMax - 5);
  EXPECT_EQ(store->name(), "memory: below jobs/");
}

}  // namespace
}  // namespace lambdaml
