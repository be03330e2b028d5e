// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two levels. The ranks form groups, which are subtrees of the canonical order, about as many as a group has ranks. The
// ranks of a group add one chunk each over the group, add that over all groups, and give the sum to their group. So a
// rank talks to its group and to one rank of every other: for w ranks about w times the root of w requests instead of
// w times w, for six steps instead of four.

#include <memory>

#include "comm/grouped/groups.h"
#include "comm/reduction.h"

namespace lambdaml::grouped {

std::unique_ptr<Reduction> Make();

RoundCost CostOf(const RoundShape& shape);

}  // namespace lambdaml::grouped
