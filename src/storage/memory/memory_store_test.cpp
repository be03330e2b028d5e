// SPDX-License-Identifier: Apache-2.0
#include "storage/memory/memory_store.h"

#include "storage/registry.h"
#include "storage/store_conformance.h"

namespace lambdaml {
namespace {

StoreUnderTest MakeMemoryStore(Clock& clock) {
  return {.ground = {}, .store = OpenStore("memory:", {.clock = clock}).value()};
}

INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance, ::testing::Values(StoreMaker{"memory", MakeMemoryStore}));

TEST(MemoryStore, IsRefusedWithAName) {
  SystemClock clock;
  const auto store = OpenStore("memory://somewhere/else", {.clock = clock});
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, Code::kInvalid);
  EXPECT_EQ(store.error().message, "memory://somewhere/else: a store in memory has no name or settings, write memory:");
}

}  // namespace
}  // namespace lambdaml
