// SPDX-License-Identifier: Apache-2.0
#include "worker/run.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "coordination/checkpoint.h"
#include "coordination/job_state.h"
#include "coordination/lease.h"
#include "coordination/roster.h"
#include "job/event.h"
#include "storage/ops.h"
#include "worker/detector.h"
#include "worker/training.h"

namespace lambdaml {

namespace {

// From here on before its end a function begins nothing any more.
constexpr Clock::Duration kTimeToHandOver = 2 * kLastWords;

constexpr std::string_view kTakenOver = "another incarnation of this rank has taken over";

class Worker {
 public:
  Worker(const JobInvocation& invocation, const FunctionRuntime& runtime)
      : invocation_(invocation), spec_(invocation.spec), runtime_(runtime) {}

  Result<std::string> Run() {
    channel_ = TRY(runtime_.open_store(spec_.channel, &meter_));
    records_ = TRY(runtime_.open_store(RecordsUrl(spec_), nullptr));
    if (!TRY(IsOpen(*records_, invocation_))) return std::string("the job is over");
    if (invocation_.incarnation > 1 && TRY(HasEnded(runtime_.clock.Now()))) return std::string("the job has ended");
    Result<std::unique_ptr<Lease>> lease = TakeLease();
    if (!lease.ok() && lease.error().code == Code::kConflict) return Noted(lease.error().message);
    lease_ = TRY(std::move(lease));
    const std::unique_ptr<Background> beating = runtime_.make_background(1);
    const LeaseKeeper keeper(*lease_, runtime_.clock, LeaseTimeOf(spec_), *beating);
    checkpoints_.emplace(*records_, invocation_.CheckpointPrefix());
    roster_.emplace(RosterSetup{.leases = *records_,
                                .records = *records_,
                                .clock = runtime_.clock,
                                .invocation = invocation_,
                                .checkpoint = [this] { return NumberOfHead(); },
                                .invoke = runtime_.invoke,
                                .instance = runtime_.instance});
    return Live();
  }

 private:
  Result<std::unique_ptr<Lease>> TakeLease() {
    return Lease::Take({.store = *records_,
                        .clock = runtime_.clock,
                        .key = invocation_.LeaseKey(invocation_.rank),
                        .time = LeaseTimeOf(spec_),
                        .incarnation = invocation_.incarnation,
                        .holder = runtime_.instance,
                        .steps = runtime_.steps});
  }

  std::string Noted(std::string_view message) {
    Event event;
    event.unix_ms = runtime_.clock.UnixMs();
    event.rank = invocation_.rank;
    event.kind = "message";
    event.message = message;
    runtime_.log.Line(ToJson(event));
    return std::string(message);
  }

  Result<std::int64_t> NumberOfHead() {
    const JobHead head = TRY(checkpoints_->Head());
    return head.checkpoint ? head.checkpoint->number : 0;
  }

  // Trains until there is nothing left to do for this function.
  Result<std::string> Live() {
    Training training({.invocation = invocation_, .runtime = runtime_, .meter = meter_, .records = *records_});
    const Result<void> loaded = training.Load();
    if (!loaded.ok()) return Failed(loaded.error(), training);
    const Result<void> gone_back = GoBackIfLate();
    if (!gone_back.ok()) return Failed(gone_back.error(), training);
    while (true) {
      const Result<std::optional<WorkerReport>> trained = TrainFromHead(training);
      if (trained.ok() && !trained.value()) return HandOver(0, "its time is over");
      const std::optional<std::string> note =
          trained.ok() ? TRY(Done(*trained.value())) : TRY(Answer(trained.error(), training));
      if (note) return *note;
      Reopen(training);
    }
  }

  // Connections may be broken, and what was learnt of how fast the others are is of before the trouble.
  void Reopen(Training& training) {
    Result<std::unique_ptr<Store>> fresh = runtime_.open_store(spec_.channel, &meter_);
    if (!fresh.ok()) return;
    training.LeaveChannel();
    channel_ = std::move(fresh).value();
  }

  // All ranks have reported by `deadline`, or the job has failed.
  Result<bool> HasEnded(Clock::Time deadline) {
    const JobEnd end = TRY(AwaitEnd(*records_, invocation_, deadline, /*cancelled=*/nullptr));
    return end.aborted || !end.reports.empty();
  }

  // In the asynchronous modes what the ranks have exchanged is of the one that is gone: all go back to the checkpoint.
  Result<void> GoBackIfLate() {
    if (spec_.sync == "bsp" || invocation_.incarnation == 1) return {};
    head_ = TRY(checkpoints_->Head());
    const LeaseRecord record = lease_->record();
    const bool is_successor = record.failures == 0 && head_.checkpoint && record.checkpoint == head_.checkpoint->number;
    return is_successor ? Result<void>() : GoBack("a rank was replaced");
  }

  Result<std::optional<WorkerReport>> TrainFromHead(Training& training) {
    head_ = TRY(checkpoints_->Head());
    Checkpoints* from = &*checkpoints_;
    std::optional<Checkpoints> earlier;
    JobHead start = head_;
    if (!start.checkpoint && !invocation_.resumes.empty()) {
      JobInvocation resumed = invocation_;
      resumed.attempt = invocation_.resumes;
      from = &earlier.emplace(*records_, resumed.CheckpointPrefix());
      start.checkpoint = TRY(from->Head()).checkpoint;
    }
    Detector detector({.clock = runtime_.clock,
                       .channel = *channel_,
                       .records = *records_,
                       .invocation = invocation_,
                       .lease = *lease_,
                       .roster = *roster_,
                       .checkpoints = *checkpoints_,
                       .restart = head_.restart});
    return training.Run({.channel = *channel_,
                         .head = start,
                         .from = *from,
                         .to = *checkpoints_,
                         .detector = detector,
                         .is_new_run = from != &*checkpoints_,
                         .takes_over = invocation_.incarnation > 1});
  }

  // Asked before anything that concerns others: a function that stood still does not know it yet.
  bool WasReplaced() {
    const Result<void> holds = lease_->Check();
    return lease_->is_lost() || (!holds.ok() && holds.error().code == Code::kConflict);
  }

  // What to do about an error: nothing more (a note), or to go on from the head.
  Result<std::optional<std::string>> Answer(const Error& error, const Training& training) {
    if (WasReplaced()) return std::optional(Noted(kTakenOver));
    if (TRY(HasEnded(runtime_.clock.Now()))) return std::optional(std::string("the job has ended"));
    if (error.code == Code::kInvalid) return std::optional(TRY(Failed(error, training)));
    if (runtime_.clock.Now() + kTimeToHandOver > runtime_.deadline) {
      return std::optional(TRY(HandOver(lease_->record().failures + 1, error.message)));
    }
    const JobHead head = TRY(checkpoints_->Head());
    const bool was_dropped = error.code == Code::kNotFound && head.checkpoint != head_.checkpoint;
    if (head.restart > head_.restart || was_dropped) return std::optional<std::string>();  // others were faster
    if (CountFailure(head) >= spec_.recovery.attempts) return std::optional(TRY(Failed(error, training)));
    TRY(GoBack(error.message));
    return std::optional<std::string>();
  }

  // In a row without a new checkpoint.
  std::int64_t CountFailure(const JobHead& head) {
    const std::int64_t number = head.checkpoint ? head.checkpoint->number : 0;
    if (std::exchange(failed_at_, number) != number) failures_ = 0;
    return ++failures_;
  }

  // All ranks go back to the head together.
  Result<void> GoBack(std::string_view why) {
    TRY(lease_->Check());
    const std::int64_t before = head_.restart;
    head_ = TRY(checkpoints_->DeclareRestart(before, runtime_.instance, why));
    TRY(lease_->Beat());
    lease_->ForgetLoss();
    TRY(MarkChannel(*channel_, invocation_, head_.restart));
    Noted(StrCat("all ranks go back to the last checkpoint: ", why));
    return Save(*channel_, invocation_.MessagesPrefix(before) / "abort", AsBytes(StrCat("all ranks go back: ", why)));
  }

  // This rank is through. As long as others are not, all may have to go back together: nothing if they do.
  Result<std::optional<std::string>> Done(const WorkerReport& report) {
    TRY(PutReport(*records_, invocation_, report));
    const Clock::Time last_look = runtime_.deadline - kTimeToHandOver;
    while (!TRY(HasEnded(std::min<Clock::Time>(last_look, runtime_.clock.Now() + LookInterval())))) {
      if (!TRY(IsOpen(*records_, invocation_))) return std::optional(std::string("the job is over"));
      if (WasReplaced()) return std::optional(Noted(kTakenOver));
      if (runtime_.clock.Now() >= last_look) return std::optional(TRY(HandOver(0, "its time is over")));
      if (TRY(checkpoints_->Head()).restart > head_.restart) return std::optional<std::string>();
      std::vector<std::int64_t> ranks(static_cast<std::size_t>(spec_.workers));
      std::iota(ranks.begin(), ranks.end(), 0);
      TRY(roster_->Mend(ranks));
    }
    // Whoever takes it for lapsed later finds the reports.
    [[maybe_unused]] const Result<void> ended = lease_->End();
    return std::optional(std::string(Name(report.ending)));
  }

  Clock::Duration LookInterval() const { return LeaseTimeOf(spec_) / 2; }

  Result<std::string> HandOver(std::int64_t failures, std::string_view why) {
    if (failures >= spec_.recovery.attempts) {
      return Fail(
          {Code::kTimeout, StrCat("worker ", invocation_.rank, ": function.timeout_s (", spec_.function.timeout_s,
                                  ") was over within a round ", failures,
                                  " times: raise it (at most 900), add workers or make the batch smaller; ", why)});
    }
    const LeaseRecord next = TRY(lease_->PassOn(failures, TRY(NumberOfHead())));
    const std::string payload = ToJson(InvocationOf(invocation_, invocation_.rank, next.incarnation));
    TRY(InvokeUntil(runtime_.invoke, {&payload, 1}, runtime_.clock, runtime_.deadline - kLastWords));
    return Noted(StrCat("handed over to incarnation ", next.incarnation, ": ", why));
  }

  Result<std::string> Failed(const Error& error, const Training& training) {
    if (WasReplaced()) return Noted(kTakenOver);
    TRY(PutFailure(*records_, invocation_,
                   {.rank = invocation_.rank,
                    .incarnation = invocation_.incarnation,
                    .error = error.message,
                    .last_calls = training.LastCalls()}));
    return Fail(Error(error).Context(StrCat("worker ", invocation_.rank)));
  }

  Result<std::string> Fail(const Error& error) {
    TRY(AbortJob(*records_, invocation_, error));
    const Key abort = invocation_.MessagesPrefix(head_.restart) / "abort";
    [[maybe_unused]] const Result<void> told = Save(*channel_, abort, AsBytes(error.message));
    return error.message;
  }

  const JobInvocation& invocation_;
  const JobSpec& spec_;
  const FunctionRuntime& runtime_;
  StoreMeter meter_;
  std::unique_ptr<Store> channel_;
  std::unique_ptr<Store> records_;
  std::unique_ptr<Lease> lease_;
  std::optional<Checkpoints> checkpoints_;
  std::optional<Roster> roster_;
  JobHead head_;  // that this rank has gone on from
  std::int64_t failures_ = 0;
  std::int64_t failed_at_ = -1;  // the number of the head then
};

}  // namespace

Result<std::string> RunWorker(const JobInvocation& invocation, const FunctionRuntime& runtime) {
  return Worker(invocation, runtime).Run();
}

}  // namespace lambdaml
