// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every rank writes its vector once and reads everybody's: one write and one read, one after the other, but the bytes
// that a rank reads grow with the number of ranks.

#include <memory>

#include "comm/reduction.h"

namespace lambdaml::all_gather {

std::unique_ptr<Reduction> Make();

RoundCost CostOf(const RoundShape& shape);

}  // namespace lambdaml::all_gather
