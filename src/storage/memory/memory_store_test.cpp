// SPDX-License-Identifier: Apache-2.0
#include "storage/memory/memory_store.h"

#include "storage/ops.h"
#include "storage/registry.h"
#include "storage/store_conformance.h"

namespace lambdaml {
namespace {

StoreUnderTest MakeMemoryStore(Clock& clock) {
  return {.ground = {}, .store = OpenStore("memory:", {.clock = clock}).value()};
}

INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance, ::testing::Values(StoreMaker{"memory", MakeMemoryStore}));

TEST(MemoryStore, IsOneForAllOfAName) {
  SystemClock clock;
  auto one = OpenStore("memory://shared", {.clock = clock}).value();
  const auto same = OpenStore("memory://shared", {.clock = clock}).value();
  const auto other = OpenStore("memory://other", {.clock = clock}).value();
  ASSERT_TRUE(Save(*one, Key("a"), AsBytes("x")).ok());
  one.reset();
  EXPECT_EQ(Load(*same, Key("a")).value().text(), "x");
  EXPECT_EQ(Load(*other, Key("a")).error().code, Code::kNotFound);
}

TEST(MemoryStore, IsEmptyAgainWhenTheLastOfANameIsClosed) {
  SystemClock clock;
  ASSERT_TRUE(Save(*OpenStore("memory://brief", {.clock = clock}).value(), Key("a"), AsBytes("x")).ok());
  const auto again = OpenStore("memory://brief", {.clock = clock}).value();
  EXPECT_EQ(Load(*again, Key("a")).error().code, Code::kNotFound);
}

TEST(MemoryStore, HasNoFolders) {
  SystemClock clock;
  const auto store = OpenStore("memory://somewhere/else", {.clock = clock});
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, Code::kInvalid);
  EXPECT_EQ(store.error().message,
            "memory://somewhere/else: a store in memory has no folders or settings, write memory: or memory://name");
}

}  // namespace
}  // namespace lambdaml
