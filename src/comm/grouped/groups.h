// SPDX-License-Identifier: Apache-2.0
#pragma once

// How ranks form groups.

#include <cstddef>
#include <vector>

namespace lambdaml::grouped {

struct Group {
  int first = 0;
  int ranks = 0;

  bool contains(int rank) const { return rank >= first && rank < first + ranks; }
};

// All subtrees of one depth of the canonical order, by rank: about the root of `ranks` groups, whose sizes differ by
// one at most.
std::vector<Group> GroupsOf(int ranks);

}  // namespace lambdaml::grouped
