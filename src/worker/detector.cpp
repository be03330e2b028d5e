// SPDX-License-Identifier: Apache-2.0
#include "worker/detector.h"

#include <numeric>
#include <utility>

#include "base/text.h"
#include "coordination/job_state.h"

namespace lambdaml {

namespace {

// However many ranks wait for one, so many of them look at its lease; if these are all gone as well, the trigger does.
constexpr std::int64_t kWatchmen = 8;
// Of those that look at all leases, which is a request for each rank.
constexpr std::int64_t kLookoutsMax = 2;

}  // namespace

Detector::Detector(const DetectorSetup& setup)
    : setup_(setup),
      lease_time_(LeaseTimeOf(setup.invocation.spec)),
      all_ranks_(static_cast<std::size_t>(setup.invocation.spec.workers)) {
  std::iota(all_ranks_.begin(), all_ranks_.end(), 0);
}

Result<void> Detector::MayWrite(std::uint64_t round) {
  setup_.lease.Tell(static_cast<std::int64_t>(round), /*waiting=*/false);
  return MayGoOn();
}

Result<void> Detector::MayGoOn() {
  if (!setup_.lease.has_vanished()) return setup_.lease.Check();
  return Error{Code::kUnavailable, "the store of records has lost what was in it"};
}

Result<void> Detector::Missing(std::uint64_t round, std::span<const int> ranks, Clock::Duration waited) {
  setup_.lease.Tell(static_cast<std::int64_t>(round), /*waiting=*/true);
  TRY(MayGoOn());
  const std::unique_lock alone(looking_, std::try_to_lock);
  if (!alone.owns_lock()) return {};
  TRY(LookAtMark());
  TRY(LookAt(ranks));
  return waited < lease_time_ ? Result<void>() : LookAtAll();
}

// Who declared a restart may just be writing the mark, and a channel with replicas may not show it yet: it is lost when
// it stays away.
Result<void> Detector::LookAtMark() {
  const Clock::Time begin = setup_.clock.Now();
  if (TRY(IsMarked(setup_.channel, setup_.invocation, setup_.restart))) {
    unmarked_since_.reset();
    return {};
  }
  if (!unmarked_since_) unmarked_since_ = setup_.clock.Now();
  if (begin - *unmarked_since_ < LapseOf(lease_time_)) return {};
  return Error{Code::kUnavailable, "the channel has lost what was in it"};
}

bool Detector::IsWatchman(std::int64_t rank) const {
  const std::int64_t workers = setup_.invocation.spec.workers;
  return (setup_.invocation.rank - rank + workers) % workers <= kWatchmen;
}

Result<void> Detector::LookAt(std::span<const int> ranks) {
  std::vector<std::int64_t> missing(ranks.begin(), ranks.end());
  std::erase_if(missing, [this](std::int64_t rank) { return !IsWatchman(rank); });
  if (!missing.empty()) TRY(setup_.roster.Mend(missing));
  return {};
}

// After a wait as long as a lease something is wrong, or somebody works for long.
Result<void> Detector::LookAtAll() {
  if (const auto aborted = TRY(AbortOf(setup_.records, setup_.invocation))) return *aborted;
  const JobHead head = TRY(setup_.checkpoints.Head());
  if (head.restart > setup_.restart) return Error{Code::kUnavailable, StrCat("all ranks go back: ", head.why)};
  if (setup_.invocation.rank >= kLookoutsMax) return {};
  const std::vector<Seen> all = TRY(setup_.roster.Look(all_ranks_));
  if (!NobodyWorks(all)) return {};
  return Error{Code::kUnavailable, "every rank lives and waits: the channel has lost a message"};
}

// Whether all ranks have waited in the same rounds for longer than any of them may be silent.
bool Detector::NobodyWorks(const std::vector<Seen>& all) {
  std::map<std::int64_t, std::int64_t> stuck;
  for (const Seen& seen : all) {
    const bool waits =
        seen.record && seen.record->state == LeaseRecord::State::kHeld && seen.record->waiting && !seen.lapsed;
    if (waits) stuck[seen.rank] = seen.record->round;
  }
  const Clock::Time now = setup_.clock.Now();
  if (stuck.size() != all.size() || stuck != stuck_in_) {
    stuck_in_ = std::move(stuck);
    stuck_since_ = now;
    return false;
  }
  return now - stuck_since_ > LapseOf(lease_time_);
}

}  // namespace lambdaml
