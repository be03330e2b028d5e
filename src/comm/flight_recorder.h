// SPDX-License-Identifier: Apache-2.0
#pragma once

// Keeps what the last collective calls of a rank did, for the report of a worker that failed. May be used from several
// threads.

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace lambdaml {

struct FlightRecord {
  std::uint64_t round = 0;
  std::string_view operation;  // "AllReduce", "Broadcast", "Barrier"
  std::uint64_t elements = 0;
  double began_seconds = 0;  // since the rank joined
  double seconds = 0;        // until its end, or until now
  std::string outcome;       // "done", "under way", or the error
};

// One line: "round 12 AllReduce of 1,000 elements at 3.21 s took 0.18 s: done".
std::string ToText(const FlightRecord& record);

class FlightRecorder {
 public:
  explicit FlightRecorder(Clock& clock) : clock_(clock), joined_(clock.Now()) {}

  void Began(std::uint64_t round, std::string_view operation, std::uint64_t elements);
  void Ended(std::uint64_t round, std::string outcome);

  // The oldest first.
  std::vector<FlightRecord> Records() const;

 private:
  static constexpr std::size_t kRecords = 256;

  double Now() const { return Seconds(clock_.Now() - joined_); }

  Clock& clock_;
  Clock::Time joined_;
  mutable std::mutex mutex_;
  std::array<FlightRecord, kRecords> records_;  // a ring
  std::uint64_t rounds_ = 0;                    // recorded so far
};

}  // namespace lambdaml
