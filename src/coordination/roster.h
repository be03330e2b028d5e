// SPDX-License-Identifier: Apache-2.0
#pragma once

// Watches the leases of a job and replaces who is gone. Several watch at once (the trigger, ranks that wait, the
// command line tool); a conditional put decides whose replacement it is. May be used from several threads.

#include <cstdint>
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

// `store`, `clock` and `invocation` must outlive the roster. The invocation is any one of the job.
struct RosterSetup {
  Store& store;
  Clock& clock;
  const JobInvocation& invocation;
  Invoke invoke;
};

struct Seen {
  std::int64_t rank = 0;
  std::optional<LeaseRecord> record;  // nothing: not taken yet
  bool lapsed = false;                // unchanged for the lapse since this roster first saw it so
};

class Roster {
 public:
  explicit Roster(const RosterSetup& setup);

  // One look at the leases of these ranks.
  Result<std::vector<Seen>> Look(std::span<const std::int64_t> ranks);

  // Calls and invokes the next incarnation of a rank whose record is as it was seen. Does nothing if somebody else has
  // changed it meanwhile. When too many incarnations have failed in a row without a new checkpoint, the job is aborted
  // instead. `why` is for messages.
  Result<void> Replace(const Seen& seen, std::string_view why);

  // Looks and replaces all of these that have lapsed.
  Result<std::vector<Seen>> Mend(std::span<const std::int64_t> ranks);

  // The platform has said that this instance ended without a word: whoever it was is replaced at once. False if no
  // lease names it.
  Result<bool> Ended(std::string_view instance, std::string_view why);

 private:
  struct Watched {
    std::string text;     // the record; empty: none
    Clock::Time since{};  // when it was first seen so
  };

  const RosterSetup setup_;
  std::mutex mutex_;
  std::map<std::int64_t, Watched> watched_;
};

// The invocation of an incarnation of a rank, or of the trigger.
JobInvocation InvocationOf(const JobInvocation& any, std::int64_t rank, std::int64_t incarnation);

}  // namespace lambdaml
