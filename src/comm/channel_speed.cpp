// SPDX-License-Identifier: Apache-2.0
#include "comm/channel_speed.h"

#include <algorithm>

namespace lambdaml {

namespace {

constexpr std::uint64_t kShort = 16U << 10U;  // bytes whose transfer is not seen beside a latency
constexpr std::uint64_t kLong = 256U << 10U;  // bytes whose transfer is
constexpr std::uint64_t kMany = 4;            // messages that use several connections

// Waiting for a slow answer says little about the channel, a fast one much.
void Follow(double& average, double sample) {
  sample = std::max(sample, 0.0);
  if (average == 0) {
    average = sample;
    return;
  }
  average += (sample < average ? 0.5 : 0.1) * (sample - average);
}

}  // namespace

double ChannelSpeed::SecondsFor(std::uint64_t messages, std::uint64_t bytes, std::uint64_t longest) const {
  if (messages == 0) return 0;
  const double transfer = std::max(static_cast<double>(longest) * connection_seconds,
                                   static_cast<double>(bytes) * std::min(worker_seconds, connection_seconds));
  return latency_seconds + static_cast<double>(messages - 1) * message_seconds + transfer;
}

void SpeedEstimate::Add(const WriteTime& write) {
  const double beyond = write.seconds - speed_.latency_seconds;
  if (write.bytes <= kShort) {
    if (write.messages == 1) Follow(speed_.latency_seconds, write.seconds);
    if (write.messages >= kMany) Follow(speed_.message_seconds, beyond / static_cast<double>(write.messages - 1));
    return;
  }
  if (write.longest < kLong) return;
  if (write.messages == 1) Follow(speed_.connection_seconds, beyond / static_cast<double>(write.bytes));
  if (write.messages >= kMany) Follow(speed_.worker_seconds, beyond / static_cast<double>(write.bytes));
}

}  // namespace lambdaml
