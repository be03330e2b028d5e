// SPDX-License-Identifier: Apache-2.0
#include "storage/registry.h"

#include <gtest/gtest.h>

namespace lambdaml {
namespace {

TEST(Registry, KnowsEachBackendByTheSchemeOfItsExample) {
  for (const Backend& backend : Backends()) {
    EXPECT_EQ(Url::Parse(backend.example).value().scheme, backend.scheme);
    EXPECT_FALSE(backend.summary.empty());
  }
}

TEST(Registry, NamesWhatIsKnownWhenTheSchemeIsNot) {
  SystemClock clock;
  const auto store = OpenStore("ftp://user:secret@host/x", {.clock = clock});
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, Code::kInvalid);
  EXPECT_EQ(store.error().message, "no storage is called 'ftp:'; known are file, memory");
  EXPECT_EQ(OpenStore("no url", {.clock = clock}).error().code, Code::kInvalid);
}

TEST(Registry, EveryMemoryStoreIsNew) {
  SystemClock clock;
  const auto one = OpenStore("memory:", {.clock = clock}).value();
  const auto other = OpenStore("memory:", {.clock = clock}).value();
  const PutItem item{.key = Key("a"), .value = {}};
  ASSERT_TRUE(one->Put({&item, 1}).ok());
  EXPECT_TRUE(other->List(Key()).value().empty());
}

}  // namespace
}  // namespace lambdaml
