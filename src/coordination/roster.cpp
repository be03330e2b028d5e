// SPDX-License-Identifier: Apache-2.0
#include "coordination/roster.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "coordination/job_state.h"
#include "storage/ops.h"

namespace lambdaml {

namespace {

// How long an invocation that is refused is tried again: well below any lease time that leaves room for it.
constexpr Clock::Duration kInvokeFor = std::chrono::seconds(4);

std::string NameOf(std::int64_t rank) { return rank < 0 ? "trigger" : StrCat("worker ", rank); }

bool IsHeld(const std::optional<LeaseRecord>& record) { return record && record->state == LeaseRecord::State::kHeld; }
bool IsDone(const std::optional<LeaseRecord>& record) { return record && record->state == LeaseRecord::State::kDone; }

}  // namespace

JobInvocation InvocationOf(const JobInvocation& any, std::int64_t rank, std::int64_t incarnation) {
  JobInvocation invocation = any;
  invocation.part = rank < 0 ? JobInvocation::Part::kTrigger : JobInvocation::Part::kWorker;
  invocation.rank = std::max<std::int64_t>(rank, 0);
  invocation.incarnation = incarnation;
  return invocation;
}

Roster::Roster(const RosterSetup& setup) : setup_(setup), lease_(LeaseTimeOf(setup.invocation.spec)) {}

Result<std::vector<Seen>> Roster::Look(std::span<const std::int64_t> ranks) {
  std::vector<Key> keys;
  for (const std::int64_t rank : ranks) keys.push_back(setup_.invocation.LeaseKey(rank));
  Glance glance{.begin = setup_.clock.Now()};
  const Values values = TRY(setup_.leases.Get(keys));
  glance.end = setup_.clock.Now();
  std::vector<Seen> all(ranks.size());
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    all[i].rank = ranks[i];
    if (values[i]) all[i].record = TRY(ParseLeaseRecord(values[i]->text()).Context(keys[i].text()));
    all[i].lapsed = HasLapsed(ranks[i], all[i].record, glance);
  }
  return all;
}

// Since when it has been so counts from the end of a glance, and until when to the begin of one: never too long.
bool Roster::HasLapsed(std::int64_t rank, const std::optional<LeaseRecord>& record, const Glance& glance) {
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] = watched_.try_emplace(rank);
  Watched& watched = at->second;
  if (is_new || watched.record != record) {
    watched.record = record;
    watched.since = glance.end;
    if (record) watched.known = record;
  }
  if (IsDone(watched.known)) return false;
  return glance.begin - watched.since >= (IsHeld(record) ? LapseOf(lease_) : 2 * lease_);
}

// The record, or the last one that was there before the store lost it, or that of who was called first.
LeaseRecord Roster::Known(const Seen& seen) {
  if (seen.record) return *seen.record;
  const std::lock_guard lock(mutex_);
  const auto watched = watched_.find(seen.rank);
  if (watched == watched_.end()) return {};
  return watched->second.known.value_or(LeaseRecord());
}

Result<void> Roster::Replace(const Seen& seen, std::string_view why) {
  if (IsDone(seen.record)) return {};
  const LeaseRecord last = Known(seen);
  const std::int64_t checkpoint = TRY(setup_.checkpoint());
  const LeaseRecord next{.state = LeaseRecord::State::kCalled,
                         .incarnation = last.incarnation + 1,
                         .failures = checkpoint > last.checkpoint ? 1 : last.failures + 1,
                         .checkpoint = checkpoint,
                         .holder = setup_.instance,
                         .beats = ++calls_};
  const Key key = setup_.invocation.LeaseKey(seen.rank);
  const std::string text = ToJson(next);
  const Result<void> put = seen.record
                               ? lambdaml::Replace(setup_.leases, key, AsBytes(text), AsBytes(ToJson(*seen.record)))
                               : SaveIfAbsent(setup_.leases, key, AsBytes(text));
  if (!put.ok()) return put.error().code == Code::kConflict ? Result<void>() : put;
  return Call(seen.rank, next, why);
}

// Who comes after an incarnation that ended for this reason.
Result<void> Roster::Call(std::int64_t rank, const LeaseRecord& next, std::string_view why) {
  Result<void> noted =
      PutFailure(setup_.records, setup_.invocation,
                 {.rank = rank, .incarnation = next.incarnation - 1, .error = std::string(why), .last_calls = {}});
  const std::int64_t attempts = setup_.invocation.spec.recovery.attempts;
  if (next.failures >= attempts) {
    TRY(AbortJob(setup_.records, setup_.invocation,
                 {Code::kUnavailable,
                  StrCat(NameOf(rank), ": ", next.failures, next.failures == 1 ? " function" : " functions in a row",
                         " ended without a word and without a new checkpoint (", why,
                         "): see the failures in the report, or allow more recovery.attempts")}));
    return noted;
  }
  const std::string payload = ToJson(InvocationOf(setup_.invocation, rank, next.incarnation));
  Result<void> invoked = InvokeUntil(setup_.invoke, {&payload, 1}, setup_.clock, setup_.clock.Now() + kInvokeFor)
                             .Context(StrCat("invoking ", NameOf(rank), " again"));
  if (!invoked.ok() && invoked.error().code != Code::kUnavailable) return invoked;
  return noted;
}

Result<std::vector<Seen>> Roster::Mend(std::span<const std::int64_t> ranks) {
  std::vector<Seen> all = TRY(Look(ranks));
  Result<void> first;
  for (const Seen& seen : all) {
    if (!seen.lapsed) continue;
    const std::string why = IsHeld(seen.record)
                                ? StrCat("not heard of for ", HumanSeconds(Seconds(LapseOf(lease_))))
                                : StrCat("invoked, but not there after ", HumanSeconds(Seconds(2 * lease_)));
    Result<void> replaced = Replace(seen, why);
    if (first.ok()) first = std::move(replaced);
  }
  TRY(std::move(first));
  return all;
}

Result<bool> Roster::Ended(std::string_view instance, std::string_view why) {
  std::vector<std::int64_t> ranks;
  for (std::int64_t rank = kTriggerRank; rank < setup_.invocation.spec.workers; ++rank) ranks.push_back(rank);
  for (const Seen& seen : TRY(Look(ranks))) {
    if (!IsHeld(seen.record) || seen.record->holder != instance) continue;
    TRY(Replace(seen, why));
    return true;
  }
  return false;
}

}  // namespace lambdaml
