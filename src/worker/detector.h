// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a rank does about ranks that do not come. It replaces those whose lease has lapsed; and where every rank lives
// and waits, so that a message must be lost, it asks for a restart. Used by the exchange, from several threads.

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "comm/failure_detector.h"
#include "coordination/checkpoint.h"
#include "coordination/lease.h"
#include "coordination/roster.h"
#include "job/invocation.h"

namespace lambdaml {

// All must outlive the detector. `restart` is the one that this rank's messages belong to.
struct DetectorSetup {
  Clock& clock;
  Store& channel;
  Store& records;
  const JobInvocation& invocation;
  Lease& lease;
  Roster& roster;
  Checkpoints& checkpoints;
  std::int64_t restart = 0;
};

class Detector final : public FailureDetector {
 public:
  explicit Detector(const DetectorSetup& setup);

  Result<void> MayWrite(std::uint64_t round) override;
  Result<void> Missing(std::uint64_t round, std::span<const int> ranks, Clock::Duration waited) override;
  Clock::Duration first_look() const override { return lease_time_ / 5; }
  Clock::Duration look_every() const override { return lease_time_ / 10; }

 private:
  Result<void> MayGoOn();
  Result<void> LookAtMark();
  bool IsWatchman(std::int64_t rank) const;
  Result<void> LookAt(std::span<const int> ranks);
  Result<void> LookAtAll();
  bool NobodyWorks(const std::vector<Seen>& all);

  const DetectorSetup setup_;
  const Clock::Duration lease_time_;
  std::vector<std::int64_t> all_ranks_;
  std::mutex looking_;  // one thread looks for all
  std::optional<Clock::Time> unmarked_since_;
  std::map<std::int64_t, std::int64_t> stuck_in_;  // by rank: the round in which it waits
  Clock::Time stuck_since_{};                      // all of them
};

}  // namespace lambdaml
