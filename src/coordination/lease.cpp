// SPDX-License-Identifier: Apache-2.0
#include "coordination/lease.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "job/json.h"
#include "storage/ops.h"

namespace lambdaml {

namespace {

constexpr std::int64_t kNumberMax = std::int64_t{1} << 53U;
// A put is tried again only when somebody else has changed the record meanwhile.
constexpr int kTriesMax = 8;
constexpr Clock::Duration kTurnPause = std::chrono::milliseconds(2);
constexpr Clock::Duration kSlice = std::chrono::milliseconds(100);

constexpr std::array<std::string_view, 3> kStates{"called", "held", "done"};
constexpr std::string_view kWaiting = "waiting";
constexpr std::string_view kWorking = "working";

// Nothing: no record.
Result<std::optional<LeaseRecord>> Read(const LeaseClaim& claim) {
  const Values values = TRY(claim.store.Get({&claim.key, 1}));
  if (!values.front()) return std::optional<LeaseRecord>();
  return std::optional(TRY(ParseLeaseRecord(values.front()->text()).Context(claim.key.text())));
}

// kConflict unless the store holds `expected`.
Result<void> Put(const LeaseClaim& claim, const LeaseRecord& next, const std::optional<LeaseRecord>& expected) {
  const std::string text = ToJson(next);
  if (!expected) return SaveIfAbsent(claim.store, claim.key, AsBytes(text));
  return Replace(claim.store, claim.key, AsBytes(text), AsBytes(ToJson(*expected)));
}

Error Conflict(const LeaseClaim& claim, std::string_view why) {
  return {Code::kConflict, StrCat(claim.key.text(), ": ", why)};
}

// What stands against it that this incarnation begins.
Result<void> MayTake(const LeaseClaim& claim, const LeaseRecord& record) {
  if (record.state == LeaseRecord::State::kDone) return Conflict(claim, "there is nothing left to do");
  if (record.incarnation > claim.incarnation) {
    return Conflict(claim,
                    StrCat("incarnation ", record.incarnation, " was called after this one, ", claim.incarnation));
  }
  if (record.incarnation == claim.incarnation && record.state == LeaseRecord::State::kHeld) {
    return Conflict(claim, StrCat("incarnation ", record.incarnation, " of this rank lives in ", record.holder));
  }
  return {};
}

Error Unsteady(const LeaseClaim& claim) {
  return {Code::kUnavailable, StrCat(claim.key.text(), " in ", claim.store.name(), ": others change it all the time")};
}

}  // namespace

Clock::Duration LeaseTimeOf(const JobSpec& spec) {
  return FromSeconds(std::min(spec.recovery.lease_s, static_cast<double>(spec.function.timeout_s) / 4));
}

std::string ToJson(const LeaseRecord& record) {
  json::Value value;
  value["state"] = kStates[static_cast<std::size_t>(record.state)];
  value["incarnation"] = record.incarnation;
  value["failures"] = record.failures;
  value["checkpoint"] = record.checkpoint;
  value["holder"] = record.holder;
  value["beats"] = record.beats;
  value["round"] = record.round;
  value["doing"] = record.waiting ? kWaiting : kWorking;
  return json::Write(value);
}

Result<LeaseRecord> ParseLeaseRecord(std::string_view text) {
  const json::Reader reader = TRY(json::Reader::Parse(text, "lease"));
  const std::string state = TRY(reader.Text("state"));
  const auto* const found = std::ranges::find(kStates, state);
  const std::string doing = TRY(reader.Text("doing"));
  if (found == kStates.end() || (doing != kWaiting && doing != kWorking)) {
    return Error{Code::kInvalid, StrCat("lease: state '", state, "', doing '", doing, "' is not known")};
  }
  LeaseRecord record;
  record.state = static_cast<LeaseRecord::State>(found - kStates.begin());
  record.incarnation = TRY(reader.Integer("incarnation"));
  record.failures = TRY(reader.Integer("failures"));
  record.checkpoint = TRY(reader.Integer("checkpoint"));
  record.holder = TRY(reader.Text("holder"));
  record.beats = TRY(reader.Integer("beats"));
  record.round = TRY(reader.Integer("round"));
  record.waiting = doing == kWaiting;
  for (const std::int64_t number :
       {record.incarnation - 1, record.failures, record.checkpoint, record.beats, record.round}) {
    if (number < 0 || number > kNumberMax) return Error{Code::kInvalid, "lease: a number is out of range"};
  }
  return record;
}

// One put at a time, without a lock that is held over a call to the store.
class Lease::Turn {
 public:
  explicit Turn(Lease& lease) : lease_(lease) {
    Clock& clock = lease.claim_.clock;
    while (lease.writing_.exchange(true)) clock.SleepUntil(clock.Now() + kTurnPause);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { lease_.writing_ = false; }

 private:
  Lease& lease_;
};

Result<std::unique_ptr<Lease>> Lease::Take(const LeaseClaim& claim) {
  for (int i = 0; i < kTriesMax; ++i) {
    std::optional<LeaseRecord> found = TRY(Read(claim));
    if (found && claim.steps.lease) TRY(MayTake(claim, *found));
    LeaseRecord mine = found.value_or(LeaseRecord());
    mine.state = LeaseRecord::State::kHeld;
    mine.incarnation = claim.incarnation;
    mine.holder = claim.holder;
    mine.beats = 0;
    mine.round = 0;
    mine.waiting = false;
    const Clock::Time begin = claim.clock.Now();
    const Result<void> put =
        claim.steps.lease ? Put(claim, mine, found) : Save(claim.store, claim.key, AsBytes(ToJson(mine)));
    if (put.ok()) {
      std::unique_ptr<Lease> lease(new Lease(claim));
      lease->Adopt(mine, begin);
      lease->vanished_ = claim.incarnation > (found ? found->incarnation : 1);
      return lease;
    }
    if (put.error().code != Code::kConflict) return put.error();
  }
  return Unsteady(claim);
}

Result<void> Lease::Beat() {
  const Turn turn(*this);
  if (lost_ || left_) return Lost();
  LeaseRecord next = record();
  next.round = round_;
  next.waiting = waiting_;
  Result<void> written = Write(next);
  if (!claim_.steps.fence && !written.ok() && written.error().code == Code::kConflict) return {};
  return written;
}

Result<void> Lease::Check() {
  if (lost_ || left_) return Lost();
  // Until a tenth of the lapse before anybody can have seen it: a pause in which the answer ages.
  if (claim_.clock.Now() - written_.load() < LapseOf(claim_.time) * 9 / 10) return {};
  return Beat();
}

void Lease::Tell(std::int64_t round, bool waiting) {
  round_ = round;
  waiting_ = waiting;
}

LeaseRecord Lease::record() const {
  const std::lock_guard lock(mutex_);
  return record_;
}

Result<LeaseRecord> Lease::PassOn(std::int64_t failures, std::int64_t checkpoint) {
  return Leave({.state = LeaseRecord::State::kCalled,
                .incarnation = claim_.incarnation + 1,
                .failures = failures,
                .checkpoint = checkpoint,
                .holder = claim_.holder});
}

Result<void> Lease::End() {
  LeaseRecord last = record();
  last.state = LeaseRecord::State::kDone;
  TRY(Leave(last));
  return {};
}

Result<LeaseRecord> Lease::Leave(const LeaseRecord& last) {
  const Turn turn(*this);
  if (!left_) {
    if (lost_) return Lost();
    Result<void> written = Write(last);
    // An earlier attempt, whose answer was lost, may have won.
    if (!written.ok() && !left_) return std::move(written).error();
    left_ = true;
  }
  const LeaseRecord left = record();
  if (left.state != last.state) return Lost();
  return left;
}

Result<void> Lease::Write(LeaseRecord next) {
  for (int i = 0; i < kTriesMax; ++i) {
    next.beats = ++beats_;
    const Clock::Time begin = claim_.clock.Now();
    Result<void> put = Put(claim_, next, stored_);
    if (put.ok()) {
      Adopt(next, begin);
      return {};
    }
    if (put.error().code != Code::kConflict) return put;
    TRY(Reread());
  }
  return Unsteady(claim_);
}

// After a conflict: somebody else has changed the record, the channel has lost it, or an earlier put of this lease won
// though it was said to have failed.
Result<void> Lease::Reread() {
  using State = LeaseRecord::State;
  const std::optional<LeaseRecord> found = TRY(Read(claim_));
  const bool is_own = found && found->holder == claim_.holder;
  if (is_own && (found->state == State::kDone || found->incarnation == claim_.incarnation + 1)) {
    Adopt(*found, written_);
    left_ = true;
    return Lost();
  }
  const bool is_held = is_own && found->state == State::kHeld && found->incarnation == claim_.incarnation;
  const bool is_older = found && found->state != State::kDone && found->incarnation < claim_.incarnation;
  if (found && !is_held && !is_older) {
    lost_ = claim_.steps.fence;
    return Lost();
  }
  if (!is_held || found->beats < record().beats) vanished_ = true;
  stored_ = found;
  return {};
}

void Lease::Adopt(const LeaseRecord& mine, Clock::Time begin) {
  stored_ = mine;
  // When the put began: who watches has seen the record later.
  written_ = begin;
  const std::lock_guard lock(mutex_);
  record_ = mine;
}

Error Lease::Lost() const {
  return Conflict(claim_, left_ ? StrCat("incarnation ", claim_.incarnation, " has left it")
                                : StrCat("another one was called instead of incarnation ", claim_.incarnation,
                                         ", which may write nothing any more"));
}

LeaseKeeper::LeaseKeeper(Lease& lease, Clock& clock, Clock::Duration lease_time, Background& background)
    : background_(background) {
  background_.Start([this, &lease, &clock, lease_time] {
    Clock::Time next = clock.Now() + BeatOf(lease_time);
    while (!ended_) {
      clock.SleepUntil(std::min<Clock::Time>(next, clock.Now() + kSlice));
      const Clock::Time now = clock.Now();
      if (now < next || ended_) continue;
      const Result<void> beat = lease.Beat();
      if (!beat.ok() && beat.error().code == Code::kConflict) return;
      next = beat.ok() ? now + BeatOf(lease_time) : clock.Now() + BeatOf(lease_time) / 10;
    }
  });
}

LeaseKeeper::~LeaseKeeper() {
  ended_ = true;
  background_.Finish();
}

}  // namespace lambdaml
