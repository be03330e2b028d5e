// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every rank writes its vector once, reads everyone else's and adds them itself. Two latencies of the channel, the
// fewest there can be; w (w - 1) reads of the whole vector, so best for short vectors and few ranks.

#include <memory>

#include "comm/communicator.h"
#include "comm/membership.h"

namespace lambdaml::all_gather {

std::unique_ptr<Communicator> Join(const Membership& membership);

}  // namespace lambdaml::all_gather
