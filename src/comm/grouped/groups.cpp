// SPDX-License-Identifier: Apache-2.0
#include "comm/grouped/groups.h"

#include "comm/canonical_sum.h"

namespace lambdaml::grouped {

namespace {

void Split(Group group, int depth, std::vector<Group>& groups) {
  if (depth == 0) {
    groups.push_back(group);
    return;
  }
  const auto left = static_cast<int>(LeftRanks(static_cast<std::size_t>(group.ranks)));
  Split({group.first, left}, depth - 1, groups);
  Split({group.first + left, group.ranks - left}, depth - 1, groups);
}

// The depth at which there are no fewer groups than a group has ranks.
int DepthOf(int ranks) {
  int depth = 0;
  while ((1 << (2 * depth)) < ranks) ++depth;
  return depth;
}

}  // namespace

std::vector<Group> GroupsOf(int ranks) {
  std::vector<Group> groups;
  Split({0, ranks}, DepthOf(ranks), groups);
  return groups;
}

}  // namespace lambdaml::grouped
