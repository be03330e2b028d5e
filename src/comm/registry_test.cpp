// SPDX-License-Identifier: Apache-2.0
#include "comm/registry.h"

#include <gtest/gtest.h>

#include "storage/registry.h"

namespace lambdaml {
namespace {

class PatternTable : public ::testing::Test {
 protected:
  Membership MembershipOf(int rank, int size) {
    return {.store = *store_,
            .clock = clock_,
            .background = *background_,
            .job = Key("jobs/a/1"),
            .abort = Key("jobs/a/1/abort"),
            .rank = rank,
            .size = size,
            .timeout = std::chrono::seconds(1)};
  }

  SystemClock clock_;
  std::unique_ptr<Background> background_ = MakeBackground(2);
  std::unique_ptr<Store> store_ = OpenStore("memory:", {.clock = clock_}).value();
};

TEST_F(PatternTable, JoinsEveryPatternByItsName) {
  for (const Pattern& pattern : Patterns()) {
    const auto peers = Join(pattern.name, MembershipOf(2, 5));
    ASSERT_TRUE(peers.ok()) << peers.error().message;
    EXPECT_EQ(peers.value()->rank(), 2);
    EXPECT_EQ(peers.value()->size(), 5);
  }
}

TEST_F(PatternTable, AnUnknownNameIsInvalidAndTheNearestIsOffered) {
  const auto peers = Join("scater_reduce", MembershipOf(0, 1));
  ASSERT_FALSE(peers.ok());
  EXPECT_EQ(peers.error().code, Code::kInvalid);
  EXPECT_EQ(peers.error().message, "no pattern 'scater_reduce'; did you mean 'scatter_reduce'?");
}

TEST_F(PatternTable, AMembershipThatCannotBeIsInvalid) {
  Membership nameless = MembershipOf(0, 2);
  nameless.job = Key();
  for (const Membership& membership : {MembershipOf(-1, 2), MembershipOf(2, 2), MembershipOf(0, 0), nameless}) {
    const auto peers = Join("reduce", membership);
    ASSERT_FALSE(peers.ok());
    EXPECT_EQ(peers.error().code, Code::kInvalid);
  }
}

}  // namespace
}  // namespace lambdaml
