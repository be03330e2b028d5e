// SPDX-License-Identifier: Apache-2.0
#include "platform/trigger.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include "base/text.h"
#include "coordination/checkpoint.h"
#include "coordination/job_state.h"
#include "coordination/lease.h"
#include "coordination/roster.h"
#include "job/event.h"

namespace lambdaml {

namespace {

using namespace std::chrono_literals;

// Where looking for the end of the job is a request.
constexpr Clock::Duration kEndInterval = 5s;

// The time that handing over takes: a twentieth of what there is, at most 5 s.
Clock::Duration TimeToHandOver(const FunctionRuntime& runtime) {
  return std::min<Clock::Duration>((runtime.deadline - runtime.clock.Now()) / 20, 5s);
}

class Trigger {
 public:
  Trigger(const JobInvocation& invocation, const FunctionRuntime& runtime)
      : invocation_(invocation),
        runtime_(runtime),
        lease_time_(LeaseTimeOf(invocation.spec)),
        hands_over_at_(runtime.deadline - TimeToHandOver(runtime)),
        ranks_(static_cast<std::size_t>(invocation.spec.workers)) {
    std::iota(ranks_.begin(), ranks_.end(), 0);
  }

  Result<std::string> Run() {
    channel_ = TRY(runtime_.open_store(invocation_.spec.channel, nullptr));
    records_ = TRY(runtime_.open_store(RecordsUrl(invocation_.spec), nullptr));
    if (!TRY(IsOpen(*records_, invocation_))) return std::string("the job is over");
    Result<std::unique_ptr<Lease>> lease = Lease::Take({.store = *records_,
                                                        .clock = runtime_.clock,
                                                        .key = invocation_.LeaseKey(kTriggerRank),
                                                        .time = lease_time_,
                                                        .incarnation = invocation_.incarnation,
                                                        .holder = runtime_.instance,
                                                        .steps = runtime_.steps});
    if (!lease.ok()) return Superfluous(lease.error());
    lease_ = std::move(lease).value();
    background_ = runtime_.make_background(1);
    const LeaseKeeper keeper(*lease_, runtime_.clock, lease_time_, *background_);
    checkpoints_.emplace(*records_, invocation_.CheckpointPrefix());
    roster_.emplace(RosterSetup{.leases = *records_,
                                .records = *records_,
                                .clock = runtime_.clock,
                                .invocation = invocation_,
                                .checkpoint = [this] { return NumberOfHead(); },
                                .invoke = runtime_.invoke,
                                .instance = runtime_.instance});
    if (invocation_.incarnation == 1) {
      const Result<void> started = StartWorkers();
      if (!started.ok()) return Fail(started.error());
    }
    return Watch();
  }

 private:
  Result<std::string> Superfluous(const Error& why) {
    if (why.code != Code::kConflict) return why;
    Tell(why.message);
    return why.message;
  }

  Result<std::int64_t> NumberOfHead() {
    const JobHead head = TRY(checkpoints_->Head());
    return head.checkpoint ? head.checkpoint->number : 0;
  }

  void Tell(std::string_view message) {
    Event event;
    event.unix_ms = runtime_.clock.UnixMs();
    event.kind = "message";
    event.message = message;
    runtime_.log.Line(ToJson(event));
  }

  Result<void> StartWorkers() {
    Tell(StrCat("starting ", ranks_.size(), " workers"));
    std::vector<std::string> payloads;
    for (const std::int64_t rank : ranks_) payloads.push_back(ToJson(InvocationOf(invocation_, rank, 1)));
    return InvokeUntil(runtime_.invoke, payloads, runtime_.clock, hands_over_at_).Context("starting the workers");
  }

  Result<std::string> Fail(const Error& error) {
    TRY(PutFailure(*records_, invocation_, {.rank = kTriggerRank, .error = error.message, .last_calls = {}}));
    TRY(AbortJob(*records_, invocation_, error));
    return error.message;
  }

  // A look that fails is repeated; the retries of the store have taken their time.
  Result<std::string> Watch() {
    const bool waits = records_->limits().waits_natively;
    // Who takes over a trigger looks at once: it knows nothing of how long somebody has been silent.
    Clock::Time next_look = runtime_.clock.Now();
    if (invocation_.incarnation == 1) next_look += LookInterval();
    while (runtime_.clock.Now() < hands_over_at_ && !lease_->is_lost()) {
      const Clock::Time until = std::min(next_look, hands_over_at_);
      const Result<JobEnd> end =
          AwaitEnd(*records_, invocation_, waits ? until : runtime_.clock.Now(), /*cancelled=*/nullptr);
      if (end.ok() && (end.value().aborted || !end.value().reports.empty())) return End();
      if (!waits || !end.ok()) runtime_.clock.SleepUntil(std::min(until, runtime_.clock.Now() + kEndInterval));
      if (runtime_.clock.Now() < next_look) continue;
      next_look = runtime_.clock.Now() + LookInterval();
      const auto mended = roster_->Mend(ranks_);
      if (!mended.ok()) Tell(StrCat("cannot look after the workers: ", mended.error().message));
    }
    return lease_->is_lost() ? std::string("another trigger has taken over") : HandOver();
  }

  // Ranks that wait for each other look more often. A look costs a request for each worker.
  Clock::Duration LookInterval() const { return lease_time_ * 3 / 2; }

  Result<std::string> End() {
    [[maybe_unused]] const Result<void> ended = lease_->End();
    return std::string("the job has ended");
  }

  Result<std::string> HandOver() {
    const LeaseRecord next = TRY(lease_->PassOn(0, TRY(NumberOfHead())));
    const std::string payload = ToJson(InvocationOf(invocation_, kTriggerRank, next.incarnation));
    TRY(InvokeUntil(runtime_.invoke, {&payload, 1}, runtime_.clock, runtime_.deadline - kLastWords));
    return std::string("handed over to another trigger");
  }

  const JobInvocation& invocation_;
  const FunctionRuntime& runtime_;
  const Clock::Duration lease_time_;
  const Clock::Time hands_over_at_;
  std::vector<std::int64_t> ranks_;
  std::unique_ptr<Store> channel_;
  std::unique_ptr<Store> records_;
  std::unique_ptr<Lease> lease_;
  std::unique_ptr<Background> background_;
  std::optional<Checkpoints> checkpoints_;
  std::optional<Roster> roster_;
};

}  // namespace

Result<std::string> RunTrigger(const JobInvocation& invocation, const FunctionRuntime& runtime) {
  return Trigger(invocation, runtime).Run();
}

}  // namespace lambdaml
