// SPDX-License-Identifier: Apache-2.0
#include "cli/supervise.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/text.h"
#include "cli/clean.h"
#include "cli/interrupts.h"
#include "cli/job_log.h"
#include "cli/summary.h"
#include "job/invocation.h"
#include "platform/function_error.h"
#include "platform/platform.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "worker/catalog.h"

namespace lambdaml {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds kFrame{100};  // between two drawings

Result<std::size_t> ClearBriefly(const JobInvocation& attempt, const Session& session) {
  return Clear(*TRY(OpenBriefly(attempt.spec.channel, session)), attempt.Prefix());
}

// A supervisor that was killed could not clear its attempt's keys. What cannot be cleared now is left: the new attempt
// has a prefix of its own.
void ClearLostAttempt(const JobFolder& folder, const Session& session) {
  const std::optional<JobInvocation> lost = LostAttempt(folder);
  if (!lost) return;
  [[maybe_unused]] const Result<std::size_t> cleared = ClearBriefly(*lost, session);
}

class Supervisor {
 public:
  Supervisor(const JobRun& run, Watch& watch, Session& session)
      : run_(run), watch_(watch), session_(session), log_(run.folder) {
    invocation_.attempt = StrCat(session.clock.UnixMs());
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
    report.wall_seconds = Elapsed();
    watch_.End();
    TRY(WriteReport(report));
    return report;
  }

 private:
  void NoteEnding(JobReport& report) const {
    const WorkerReport& any = report.workers.front();
    const bool time_limit = any.ending == Ending::kTimeLimit;
    report.status = time_limit || any.ending == Ending::kStopped ? "stopped" : "done";
    if (any.ending == Ending::kDiverged) NoteDivergence(report);
    if (!time_limit) return;
    report.error = StrCat("function.timeout_s (", run_.spec.function.timeout_s, ") ended it after epoch ",
                          EpochsInWords(any.epochs), " of ", EpochsInWords(epochs_total_),
                          ": raise it (at most 900), add workers or train fewer epochs; the model is saved as it was");
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
    ClearLostAttempt(run_.folder, session_);
    TRY(WriteFileAtomically(run_.folder.attempt(), AsBytes(ToJson(invocation_)), Durability::kProcess));
    Result<std::vector<WorkerReport>> workers = TrainOn(interrupts);
    const Result<std::size_t> cleared =
        (workers.ok() ? Clear(*channel_, invocation_.Prefix()) : ClearBriefly(invocation_, session_))
            .Context("clearing the channel");
    std::error_code none;
    if (cleared.ok()) fs::remove(run_.folder.attempt(), none);
    if (workers.ok() && !cleared.ok()) return cleared.error();
    return workers;
  }

  Result<std::vector<WorkerReport>> TrainOn(Interrupts& interrupts) {
    const std::unique_ptr<Platform> platform = TRY(
        OpenPlatform(run_.spec.platform,
                     {.environment = session_.environment, .bootstrap = run_.worker_program, .clock = session_.clock}));
    TRY(platform->Deploy(run_.spec.function, [this](const LogLine& line) { log_.Add(line); }));
    invocation_.launched_unix_ms = session_.clock.UnixMs();
    const Result<Outcome> outcome = Await(*platform, interrupts);
    const Result<void> destroyed = platform->Destroy();
    log_.Flush();
    Show();
    if (killed_) return Error{Code::kUnavailable, "ended at once by a second interrupt; there is no model"};
    if (!outcome.ok()) return outcome.error();
    if (!outcome.value().function_error.empty()) return TriggerFailed(outcome.value());
    TRY(destroyed);
    std::vector<WorkerReport> workers = TRY(ParseWorkerReports(outcome.value().payload));
    if (workers.empty()) return Error{Code::kInternal, "the trigger returned no reports"};
    TRY(SaveModel(workers.front().model_key));
    return workers;
  }

  // Keeps how the workers failed.
  Error TriggerFailed(const Outcome& outcome) {
    const FunctionError error = ParseFunctionError(outcome.payload);
    for (const std::string& line : error.trace) {
      Result<Failure> failure = ParseFailure(line);
      if (failure.ok()) failures_.push_back(std::move(failure).value());
    }
    return {Code::kInternal, error.message.empty() ? outcome.function_error : error.message};
  }

  Result<Outcome> Await(Platform& platform, Interrupts& interrupts) {
    Result<Outcome> outcome = Error{Code::kInternal, "the trigger was not invoked"};
    std::atomic<bool> done = false;
    std::jthread invoking([this, &platform, &interrupts, &outcome, &done] {
      outcome = platform.Invoke(ToJson(invocation_));
      done = true;
      interrupts.Wake();
    });
    while (!done) {
      if (interrupts.Wait(kFrame) == Interrupts::Woken::kBySignal) Interrupt(platform);
      Show();
    }
    invoking.join();
    return outcome;
  }

  void Interrupt(Platform& platform) {
    if (killed_) return;
    if (stopping_) {
      killed_ = true;
      [[maybe_unused]] const Result<void> destroyed = platform.Destroy();
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
    for (const Event& event : log_.Take()) {
      epochs_total_ = std::max(epochs_total_, event.epochs_total);
      watch_.Add(event);
    }
    watch_.Draw(Elapsed());
  }

  Result<void> SaveModel(const std::string& key) {
    const Blob model = TRY(Load(*channel_, Key(key)).Context("loading the model"));
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
  std::vector<Failure> failures_;
  double epochs_total_ = 0;  // as the workers tell it
  bool stopping_ = false;
  bool killed_ = false;
};

}  // namespace

Result<JobReport> Supervise(const JobRun& run, Watch& watch, Session& session) {
  return Supervisor(run, watch, session).Run();
}

std::string ModelPath(const JobSpec& spec) { return fs::path(spec.output) / "model.safetensors"; }

std::string ReportPath(const JobSpec& spec) { return fs::path(spec.output) / "report.json"; }

}  // namespace lambdaml
