// SPDX-License-Identifier: Apache-2.0
#pragma once

// Watches the leases of a job and replaces who is gone. Several watch at once (the trigger, ranks that wait, the
// command line tool); a conditional put decides whose replacement it is. May be used from several threads.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "coordination/lease.h"
#include "coordination/runtime.h"
#include "job/invocation.h"
#include "storage/store.h"

namespace lambdaml {

inline constexpr std::int64_t kTriggerRank = -1;

// All must outlive the roster. The invocation is any one of the job.
struct RosterSetup {
  Store& leases;
  Store& records;
  Clock& clock;
  const JobInvocation& invocation;
  std::function<Result<std::int64_t>()> checkpoint;  // the number of the head's checkpoint; 0: none
  Invoke invoke;
  std::string instance;  // whose roster this is: no two of a job have the same
};

struct Seen {
  std::int64_t rank = 0;
  std::optional<LeaseRecord> record;  // nothing: not taken yet
  // Unchanged since this roster first saw it so: for the lapse, or for twice the lease time if somebody was called and
  // has not come.
  bool lapsed = false;
};

class Roster {
 public:
  explicit Roster(const RosterSetup& setup);

  // One look at the leases of these ranks.
  Result<std::vector<Seen>> Look(std::span<const std::int64_t> ranks);

  // Calls and invokes the next incarnation of a rank whose record is as it was seen, and notes how the last one ended
  // (PutFailure). Does nothing if somebody else has changed it meanwhile, or the rank is done. When too many
  // incarnations have failed in a row without a new checkpoint, the job is aborted instead. An invocation that is
  // refused is tried again for some seconds; then the rank stays called, so that it lapses again. `why` is for
  // messages.
  Result<void> Replace(const Seen& seen, std::string_view why);

  // Looks and replaces all of these that have lapsed.
  Result<std::vector<Seen>> Mend(std::span<const std::int64_t> ranks);

  // The platform has said that this instance ended without a word: whoever it was is replaced at once. False if no
  // lease names it.
  Result<bool> Ended(std::string_view instance, std::string_view why);

 private:
  struct Watched {
    std::optional<LeaseRecord> record;
    Clock::Time since{};               // when it was first seen so
    std::optional<LeaseRecord> known;  // the last one that was there
  };
  // The interval in which the store gave its answer.
  struct Glance {
    Clock::Time begin{};
    Clock::Time end{};
  };

  bool HasLapsed(std::int64_t rank, const std::optional<LeaseRecord>& record, const Glance& glance);
  LeaseRecord Known(const Seen& seen);
  Result<void> Call(std::int64_t rank, const LeaseRecord& next, std::string_view why);

  const RosterSetup setup_;
  const Clock::Duration lease_;
  std::atomic<std::int64_t> calls_ = 0;
  std::mutex mutex_;
  std::map<std::int64_t, Watched> watched_;
};

// The invocation of an incarnation of a rank, or of the trigger.
JobInvocation InvocationOf(const JobInvocation& any, std::int64_t rank, std::int64_t incarnation);

}  // namespace lambdaml
