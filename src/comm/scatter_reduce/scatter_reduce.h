// SPDX-License-Identifier: Apache-2.0
#pragma once

// The vector is cut into one chunk for each rank. Every rank sends each chunk to the rank that merges it, merges its
// own, and writes the merged chunk once for all. Four latencies of the channel; each rank writes one vector and reads
// less than two, whatever the number of ranks, so best for long vectors.

#include <memory>

#include "comm/communicator.h"
#include "comm/membership.h"

namespace lambdaml::scatter_reduce {

std::unique_ptr<Communicator> Join(const Membership& membership);

}  // namespace lambdaml::scatter_reduce
