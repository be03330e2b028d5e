// SPDX-License-Identifier: Apache-2.0
#pragma once

// The calls that sum nothing: broadcasts and barriers. Like results, their messages go to all ranks. Used by one
// thread.

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "comm/exchange.h"
#include "comm/replay.h"

namespace lambdaml {

class Announcements {
 public:
  explicit Announcements(Exchange& exchange) : exchange_(exchange) {}

  Result<void> Broadcast(const Collective& call, Bytes& bytes, int root);
  Result<void> Barrier(const Collective& call) { return Meet(call, 0); }

  // The same for a call that is over; false, and nothing has happened, if not all of it is in the channel.
  Result<bool> RecallBroadcast(Replay& replay, const Collective& call, Bytes& bytes, int root);
  Result<bool> RecallBarrier(Replay& replay, const Collective& call);

 private:
  Result<void> Send(const Collective& call, Bytes& bytes);
  Result<void> Receive(const Collective& call, Bytes& bytes, int root);
  Result<void> Meet(const Collective& call, std::uint32_t part);
  void TookPart(const Collective& call, std::span<const Incoming> messages);

  Exchange& exchange_;
};

}  // namespace lambdaml
