// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who speaks for a rank (or is the trigger): one incarnation at a time. Its record in the channel changes only by
// conditional puts, so of several that want to change it one wins and the others see that.
//
//   called    somebody has invoked incarnation n (of the first one: no record yet)
//   held      incarnation n lives and changes the record at least every 0.35 of the lease time
//   done      the rank has nothing left to do
//
// A rank is replaced by whoever puts {n + 1, called} over the record of a holder that has not changed for 0.7 of the
// lease time, by the watcher's own clock: no two clocks are ever compared. The holder learns it at its next beat, which
// conflicts; from then on it may write nothing. The highest incarnation wins: a record of a lower one is what a channel
// has that lost its newest data (docs/formats/coordination.md).

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/background.h"
#include "base/clock.h"
#include "base/key.h"
#include "base/result.h"
#include "coordination/protocol.h"
#include "job/spec.h"
#include "storage/store.h"

namespace lambdaml {

struct LeaseRecord {
  enum class State { kCalled, kHeld, kDone };

  State state = State::kCalled;
  std::int64_t incarnation = 1;
  std::int64_t failures = 0;    // incarnations in a row that ended without a new checkpoint
  std::int64_t checkpoint = 0;  // the number of the last one when this incarnation was called
  std::string holder{};         // the instance that wrote the record; of kHeld: the one that lives
  std::int64_t beats = 0;       // so that no two records of one holder are equal
  std::int64_t round = 0;       // the number of the collective call that the holder is in
  bool waiting = false;         // there, for other ranks; else it works

  friend bool operator==(const LeaseRecord&, const LeaseRecord&) = default;
};

std::string ToJson(const LeaseRecord& record);
Result<LeaseRecord> ParseLeaseRecord(std::string_view json);

// The lease time of a job: recovery.lease_s, but no more than a quarter of the time that a function lives, so that a
// watcher lives to see it lapse.
Clock::Duration LeaseTimeOf(const JobSpec& spec);

// By the lease time of the job.
inline Clock::Duration BeatOf(Clock::Duration lease) { return lease * 35 / 100; }
inline Clock::Duration LapseOf(Clock::Duration lease) { return lease * 7 / 10; }

// `store` and `clock` must outlive the lease.
struct LeaseClaim {
  Store& store;
  Clock& clock;
  Key key;
  Clock::Duration time{};  // the lease time
  std::int64_t incarnation = 1;
  std::string holder{};
  ProtocolSteps steps = {};
};

// May be used from several threads: puts come one after the other.
class Lease {
 public:
  // kConflict says who has it: another delivery of the same invocation, or a later incarnation. A record that is not
  // there though this is not the first incarnation was lost by the channel, and so was one of a lower incarnation: it
  // is written again, and has_vanished tells.
  static Result<std::unique_ptr<Lease>> Take(const LeaseClaim& claim);

  // Writes the record anew. kConflict if another incarnation was called, or after PassOn or End: from then on always.
  // A record that is not there any more, or went back in time, was lost by the channel: as above.
  Result<void> Beat();

  // Whether this incarnation may write; free as long as the last beat is clearly younger than the lapse, else it beats.
  Result<void> Check();

  // Told by the next beat.
  void Tell(std::int64_t round, bool waiting);

  bool is_lost() const { return lost_; }
  bool has_vanished() const { return vanished_; }
  // What the channel lost has been dealt with; has_vanished tells of the next time.
  void ForgetLoss() { vanished_ = false; }
  LeaseRecord record() const;

  // Calls the next incarnation, which the caller then has to invoke. `failures` counts this one if it failed. May be
  // tried again after kUnavailable.
  Result<LeaseRecord> PassOn(std::int64_t failures, std::int64_t checkpoint);

  // The rank is done; nobody needs to hold it.
  Result<void> End();

 private:
  class Turn;  // of one put after the other

  explicit Lease(const LeaseClaim& claim) : claim_(claim) {}
  // With the turn: puts `next`, whatever number of beats it has.
  Result<void> Write(LeaseRecord next);
  Result<void> Reread();  // kConflict if the lease is lost or left
  Result<LeaseRecord> Leave(const LeaseRecord& last);
  void Adopt(const LeaseRecord& mine, Clock::Time begin);
  Error Lost() const;

  const LeaseClaim claim_;
  std::atomic<bool> writing_ = false;  // somebody has the turn
  std::optional<LeaseRecord> stored_;  // with the turn: what the store is believed to hold
  std::int64_t beats_ = 0;             // with the turn: of all records that may have been written

  mutable std::mutex mutex_;
  LeaseRecord record_;  // the last one that was written
  std::atomic<Clock::Time> written_ = Clock::Time{};
  std::atomic<std::int64_t> round_ = 0;
  std::atomic<bool> waiting_ = false;
  std::atomic<bool> lost_ = false;
  std::atomic<bool> left_ = false;  // passed on, or done
  std::atomic<bool> vanished_ = false;
};

// Beats beside its owner until it is destroyed or the lease is lost or left. A beat that fails otherwise is tried again
// soon.
class LeaseKeeper {
 public:
  // All must outlive this; the background is for this alone and has a thread.
  LeaseKeeper(Lease& lease, Clock& clock, Clock::Duration lease_time, Background& background);
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;
  ~LeaseKeeper();  // within 100 ms, or when the beat that is just being written has ended

 private:
  Background& background_;
  std::atomic<bool> ended_ = false;
};

}  // namespace lambdaml
