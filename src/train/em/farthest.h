// SPDX-License-Identifier: Apache-2.0
#pragma once

// New places for clusters without rows.

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "comm/communicator.h"
#include "train/algorithm.h"

namespace lambdaml::em {

// Moves the centres of these numbers to the rows of all ranks that are farthest from their nearest centre, of equally
// far ones the first; not to rows whose squared distance is at most `least`, which counts as none. Of many clusters the
// first thousand move. Every rank makes the call and moves the same. Returns how many moved.
Result<std::size_t> MoveToFarthest(Communicator& peers, const Task& task, std::span<const std::size_t> empty,
                                   double least, std::span<float> centres);

}  // namespace lambdaml::em
