// SPDX-License-Identifier: Apache-2.0
#include "cli/supervise.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/text.h"
#include "cli/clean.h"
#include "cli/interrupts.h"
#include "cli/job_log.h"
#include "cli/summary.h"
#include "coordination/checkpoint.h"
#include "coordination/job_state.h"
#include "coordination/roster.h"
#include "job/invocation.h"
#include "platform/platform.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "worker/catalog.h"

namespace lambdaml {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds kFrame{100};  // between two drawings
constexpr std::chrono::seconds kInvokePatience{30};
constexpr std::size_t kLogTailMax = 10;  // lines of a failed function's log
// For a look at the end of a job that is said to the thread that looks.
constexpr std::chrono::seconds kEndInterval{5};

class Supervisor {
 public:
  Supervisor(const JobRun& run, Watch& watch, Session& session)
      : run_(run), watch_(watch), session_(session), log_(run.folder) {
    invocation_.attempt = StrCat(session.clock.UnixMs());
    invocation_.resumes = run.resumes ? run.resumes->attempt : "";
    invocation_.spec = run.spec;
  }

  Result<JobReport> Run() {
    Interrupts interrupts = TRY(Interrupts::Begin());
    JobReport report;
    report.name = run_.spec.name;
    report.attempt = invocation_.attempt;
    report.version = LAMBDAML_VERSION;
    report.spec = run_.spec;
    Result<std::vector<WorkerReport>> workers = Train(interrupts);
    if (workers.ok()) {
      report.workers = std::move(workers).value();
      NoteEnding(report);
    } else {
      report.status = killed_ ? "stopped" : "failed";
      report.error = workers.error().message;
      report.failures = std::move(failures_);
    }
    report.resumable = resumable_;
    report.wall_seconds = Elapsed();
    watch_.End();
    TRY(WriteReport(report));
    return report;
  }

 private:
  void NoteEnding(JobReport& report) const {
    const WorkerReport& any = report.workers.front();
    const bool early =
        any.ending == Ending::kStopped || any.ending == Ending::kSeconds || any.ending == Ending::kDollars;
    report.status = early ? "stopped" : "done";
    if (any.ending == Ending::kDiverged) NoteDivergence(report);
  }

  void NoteDivergence(JobReport& report) const {
    const WorkerReport& any = report.workers.front();
    const bool steps = SettingInForce(run_.spec.algorithm, "solver") != "lbfgs";  // admm may have no rate
    const std::string rate = steps ? SettingInForce(run_.spec.algorithm, "learning_rate") : "";
    const std::string now = rate == "0" ? "; the default is 0.01 of optimizer adam, else 0.1" : StrCat(", now ", rate);
    report.status = "failed";
    report.error = StrCat("training diverged: the loss is not finite in round ", any.rounds, "; ",
                          rate.empty() ? "standardise the data" : StrCat("lower algorithm.learning_rate", now),
                          "; the model is the best one before that, with train loss ", MetricText(any.train.loss));
  }

  double Elapsed() const { return Seconds(session_.clock.Now() - run_.began); }

  Result<std::vector<WorkerReport>> Train(Interrupts& interrupts) {
    channel_ = TRY(OpenStore(run_.spec.channel, session_.stores()).Context("channel"));
    records_ = TRY(OpenStore(RecordsUrl(run_.spec), session_.stores()).Context("recovery.records"));
    ForgetEarlierAttempts(run_.folder, run_.resumes, session_);
    TRY(WriteFileAtomically(run_.folder.attempt(), AsBytes(ToJson(invocation_)), Durability::kProcess));
    TRY(MarkChannel(*channel_, invocation_, 0));
    TRY(OpenJob(*records_, invocation_));
    Result<std::vector<WorkerReport>> workers = TrainOn(interrupts);
    if (run_.keep) return workers;
    const Result<void> cleared = ClearAttempt(workers.ok());
    if (workers.ok() && !cleared.ok()) return cleared.error();
    return workers;
  }

  // A job that has not come to its end can go on from its checkpoint, or from the one that this attempt began with.
  Result<void> ClearAttempt(bool answered) {
    const bool ended = answered && !ends_early_;
    const std::unique_ptr<Store> channel = TRY(Reopened(run_.spec.channel, !answered));
    const std::unique_ptr<Store> records = TRY(Reopened(RecordsUrl(run_.spec), !answered));
    TRY(Clear(*channel, invocation_.Prefix()).Context("clearing the channel"));
    const bool has_own = !ended && TRY(HeadOf(*records)).checkpoint.has_value();
    TRY(ClearRecords(*records, invocation_, has_own ? CheckpointsOf::kStay : CheckpointsOf::kGo));
    if (run_.resumes && (ended || has_own)) TRY(ClearRecords(*records, *run_.resumes, CheckpointsOf::kGo));
    resumable_ = has_own || (run_.resumes && !ended);
    std::error_code none;
    if (ended) fs::remove(run_.folder.checkpoint(), none);
    if (has_own) {
      fs::rename(run_.folder.attempt(), run_.folder.checkpoint(), none);
    } else {
      fs::remove(run_.folder.attempt(), none);
    }
    return {};
  }

  // Where the store may be gone for good, nobody waits long for it to come back.
  Result<std::unique_ptr<Store>> Reopened(std::string_view url, bool briefly) {
    return briefly ? OpenBriefly(url, session_) : OpenStore(url, session_.stores());
  }

  Result<JobHead> HeadOf(Store& records) { return Checkpoints(records, invocation_.CheckpointPrefix()).Head(); }

  Result<std::vector<WorkerReport>> TrainOn(Interrupts& interrupts) {
    platform_ = TRY(
        OpenPlatform(run_.spec.platform,
                     {.environment = session_.environment, .bootstrap = run_.worker_program, .clock = session_.clock}));
    TRY(platform_->Deploy(run_.spec.function, [this](const LogLine& line) { log_.Add(line); }));
    invocation_.launched_unix_ms = session_.clock.UnixMs();
    Roster roster({.leases = *records_,
                   .records = *records_,
                   .clock = session_.clock,
                   .invocation = invocation_,
                   .checkpoint = [this]() -> Result<std::int64_t> {
                     const JobHead head = TRY(HeadOf(*records_));
                     return head.checkpoint ? head.checkpoint->number : 0;
                   },
                   .invoke = InvokeHere(),
                   .instance = StrCat("command line, process ", ::getpid())});
    const Result<JobEnd> end = Await(interrupts, roster);
    const Result<void> destroyed = platform_->Destroy();
    log_.Flush();
    Show();
    if (killed_) return Error{Code::kUnavailable, "ended at once by a second interrupt; there is no model"};
    if (!end.ok()) return end.error();
    if (end.value().aborted) return Failed(*end.value().aborted);
    TRY(destroyed);
    TRY(SaveModel());
    ends_early_ = end.value().reports.front().ending == Ending::kStopped ||
                  end.value().reports.front().ending == Ending::kSeconds ||
                  end.value().reports.front().ending == Ending::kDollars;
    return end.value().reports;
  }

  Invoke InvokeHere() {
    return [this](std::span<const std::string> payloads) { return platform_->InvokeEvents(payloads); };
  }

  // With what each function logged last.
  Error Failed(const Error& why) {
    Result<std::vector<Failure>> failures = FailuresOf(*records_, invocation_);
    if (failures.ok()) failures_ = std::move(failures).value();
    for (Failure& failure : failures_) failure.log_tail = TailOf(run_.folder.log(failure.rank), kLogTailMax);
    return why;
  }

  Result<JobEnd> Await(Interrupts& interrupts, Roster& roster) {
    const std::string trigger = ToJson(invocation_);
    TRY(InvokeUntil(InvokeHere(), {&trigger, 1}, session_.clock, session_.clock.Now() + kInvokePatience));
    Result<JobEnd> end = Error{Code::kInternal, "nobody waited for the end"};
    std::atomic<bool> done = false;
    std::atomic<bool> cancelled = false;
    std::jthread waiting([&] {
      do {
        end = AwaitEnd(*records_, invocation_, session_.clock.Now() + kEndInterval, &cancelled);
      } while (end.ok() && !end.value().aborted && end.value().reports.empty() && !cancelled);
      done = true;
      interrupts.Wake();
    });
    while (!done) {
      if (interrupts.Wait(kFrame) == Interrupts::Woken::kBySignal) Interrupt(cancelled);
      Show();
      Mend(roster);
    }
    waiting.join();
    return end;
  }

  // The platform tells when a function ends without a word; that the trigger is gone, its lease.
  void Mend(Roster& roster) {
    for (const JobLog::Death& death : log_.TakeDeaths()) {
      const Result<bool> known = roster.Ended(death.instance, death.why);
      if (known.ok() && !known.value()) NobodyComesUp(roster, death.why);
    }
    if (session_.clock.Now() < next_look_) return;
    next_look_ = session_.clock.Now() + LeaseTimeOf(run_.spec);
    const std::int64_t trigger = kTriggerRank;
    [[maybe_unused]] const auto seen = roster.Mend({&trigger, 1});  // what cannot be seen now is looked at again
  }

  // A function that ends before it is anybody, where nobody else is. After some of them the next one would not fare
  // better.
  void NobodyComesUp(Roster& roster, const std::string& why) {
    const std::int64_t rank = kTriggerRank;
    const auto seen = roster.Look({&rank, 1});
    if (!seen.ok() || seen.value().front().record) return;
    if (++came_to_nothing_ < run_.spec.recovery.attempts) {
      const std::string trigger = ToJson(invocation_);
      if (InvokeHere()({&trigger, 1}).front().ok()) return;
    }
    [[maybe_unused]] const Result<void> aborted =
        AbortJob(*records_, invocation_, {Code::kInternal, StrCat("the function does not come up: ", why)});
  }

  void Interrupt(std::atomic<bool>& cancelled) {
    if (killed_) return;
    if (stopping_) {
      killed_ = true;
      [[maybe_unused]] const Result<void> destroyed = platform_->Destroy();
      cancelled = true;
      return;
    }
    stopping_ = true;
    const Result<void> asked = Save(*channel_, invocation_.StopKey(), AsBytes("stop"));
    Event event;
    event.unix_ms = session_.clock.UnixMs();
    event.kind = "message";
    event.message = asked.ok() ? "stopping after this round; once more ends it at once"
                               : StrCat("cannot ask the workers to stop: ", asked.error().message);
    watch_.Add(event);
  }

  void Show() {
    for (const Event& event : log_.Take()) watch_.Add(event);
    watch_.Draw(Elapsed());
  }

  Result<void> SaveModel() {
    const Blob model = TRY(Load(*records_, invocation_.ModelKey()).Context("loading the model"));
    return WriteFileAtomically(ModelPath(run_.spec), model.span(), Durability::kPowerLoss);
  }

  Result<void> WriteReport(const JobReport& report) {
    const std::string text = ToJson(report);
    std::vector<fs::path> paths = {run_.folder.report(), ReportPath(run_.spec)};
    if (!run_.report_file.empty()) paths.emplace_back(run_.report_file);
    for (const fs::path& path : paths) {
      TRY(WriteFileAtomically(path, AsBytes(text), Durability::kPowerLoss));
    }
    return {};
  }

  const JobRun& run_;
  Watch& watch_;
  Session& session_;
  JobLog log_;
  JobInvocation invocation_;
  std::unique_ptr<Store> channel_;
  std::unique_ptr<Store> records_;
  std::unique_ptr<Platform> platform_;
  std::vector<Failure> failures_;
  Clock::Time next_look_{};
  std::int64_t came_to_nothing_ = 0;  // triggers in a row
  bool stopping_ = false;
  bool killed_ = false;
  bool ends_early_ = false;  // so that it can go on
  bool resumable_ = false;
};

}  // namespace

Result<JobReport> Supervise(const JobRun& run, Watch& watch, Session& session) {
  return Supervisor(run, watch, session).Run();
}

std::string ModelPath(const JobSpec& spec) { return fs::path(spec.output) / "model.safetensors"; }

std::string ReportPath(const JobSpec& spec) { return fs::path(spec.output) / "report.json"; }

}  // namespace lambdaml
