// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every rank sends its vector to rank 0, which adds them and writes the sum once for all. Four latencies of the channel
// and the fewest requests, 3 (w - 1) + 1; rank 0 reads w - 1 whole vectors.

#include <memory>

#include "comm/communicator.h"
#include "comm/membership.h"

namespace lambdaml::reduce {

std::unique_ptr<Communicator> Join(const Membership& membership);

}  // namespace lambdaml::reduce
