// SPDX-License-Identifier: Apache-2.0
#pragma once

// Each rank adds one chunk of the vector from all ranks and writes the sum for all: the fewest bytes for each rank, but
// the number of requests grows with the square of the ranks.

#include <memory>

#include "comm/reduction.h"

namespace lambdaml::scatter_reduce {

std::unique_ptr<Reduction> Make();

RoundCost CostOf(const RoundShape& shape);

}  // namespace lambdaml::scatter_reduce
