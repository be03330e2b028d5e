// SPDX-License-Identifier: Apache-2.0
#pragma once

// How fast a channel is, by the writes of one rank.

#include <cstdint>

#include "base/clock.h"

namespace lambdaml {

struct ChannelSpeed {
  double latency_seconds = 0;     // of a short write alone
  double message_seconds = 0;     // for every further one of a batch
  double connection_seconds = 0;  // per byte of one message
  double worker_seconds = 0;      // per byte of a batch of many

  // Of a batch of short or long messages, all written or all read at once.
  double SecondsFor(std::uint64_t messages, std::uint64_t bytes, std::uint64_t longest) const;
};

// What a batch of writes took.
struct WriteTime {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t longest = 0;
  double seconds = 0;
};

// Follows a channel that changes: a moving average of whatever a write tells.
class SpeedEstimate {
 public:
  void Add(const WriteTime& write);
  const ChannelSpeed& speed() const { return speed_; }

 private:
  ChannelSpeed speed_;
};

}  // namespace lambdaml
