// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "platform/platform.h"

namespace lambdaml {
namespace {

TEST(PlatformRegistry, EveryKindOpensByItsName) {
  SystemClock clock;
  for (const PlatformKind& kind : PlatformKinds()) {
    EXPECT_TRUE(OpenPlatform(kind.name, {.environment = Environment(), .bootstrap = "x", .clock = clock}).ok());
  }
}

TEST(PlatformRegistry, UnknownNameListsTheKnownOnes) {
  SystemClock clock;
  const auto opened = OpenPlatform("moon", {.environment = Environment(), .bootstrap = "x", .clock = clock});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Code::kInvalid);
  EXPECT_EQ(opened.error().message, "there is no platform 'moon'; there are: local");
}

}  // namespace
}  // namespace lambdaml
