// SPDX-License-Identifier: Apache-2.0
#pragma once

// Gradient averaging: every round, the ranks add their gradients of one batch and all make the same step. The result is
// that of one machine with the same batches, up to the rounding of sums (Zinkevich et al. call it the synchronous
// mini-batch method; Dekel et al.: Optimal distributed online prediction using mini-batches, JMLR 2012).

#include "train/registry.h"
#include "train/sgd.h"

namespace lambdaml::ga_sgd {

Result<std::unique_ptr<Algorithm>> Make(const Choice& choice, const Task& task);

}  // namespace lambdaml::ga_sgd
