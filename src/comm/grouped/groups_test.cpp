// SPDX-License-Identifier: Apache-2.0
#include "comm/grouped/groups.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lambdaml::grouped {
namespace {

TEST(Groups, FollowEachOtherAndHaveNearlyTheSameSize) {
  for (int ranks = 1; ranks <= 1000; ++ranks) {
    const std::vector<Group> groups = GroupsOf(ranks);
    int next = 0;
    for (const Group& group : groups) {
      EXPECT_EQ(group.first, next);
      EXPECT_GE(group.ranks, ranks / static_cast<int>(groups.size()));
      EXPECT_LE(group.ranks, ranks / static_cast<int>(groups.size()) + 1);
      next += group.ranks;
    }
    EXPECT_EQ(next, ranks);
  }
}

TEST(Groups, AreAboutTheRootOfTheRanks) {
  for (int ranks = 1; ranks <= 1000; ++ranks) {
    const double root = std::sqrt(ranks);
    EXPECT_GE(static_cast<double>(GroupsOf(ranks).size()), root);
    EXPECT_LT(static_cast<double>(GroupsOf(ranks).size()), 2 * root);
  }
}

}  // namespace
}  // namespace lambdaml::grouped
