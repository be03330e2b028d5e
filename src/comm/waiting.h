// SPDX-License-Identifier: Apache-2.0
#pragma once

// One wait of a call for messages of other ranks. Where a failure detector is told of it, or the result of the call may
// turn out to be known already, it is cut into slices, whose first is so long that a calm wait is one request.

#include <cstdint>
#include <span>
#include <vector>

#include "comm/exchange.h"

namespace lambdaml {

struct Awaited {
  const Collective& call;
  std::span<const Key> keys;  // the first is that of the job's abort
  std::vector<int> senders;   // of the others
  std::uint32_t kind = 0;
};

// The values of all keys, or what is there at the call's deadline, when the job was aborted, or when another part of
// the call has given up. kUnavailable if the result of the call turns out to be in the channel already.
Result<Values> Await(const Membership& membership, const Awaited& awaited);

// Without reading what they are.
Result<bool> AllExist(Store& store, std::span<const Key> keys);

// The one addition of durations that may be as long as a century.
Clock::Time Later(Clock::Time time, Clock::Duration duration);

// In ascending order, each once.
std::vector<int> Distinct(std::vector<int> ranks);

}  // namespace lambdaml
