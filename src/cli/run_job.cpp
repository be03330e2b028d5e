// SPDX-License-Identifier: Apache-2.0
#include "cli/run_job.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/url.h"
#include "cli/job_log.h"
#include "cli/preflight.h"
#include "cli/summary.h"

namespace lambdaml {

namespace {

constexpr std::size_t kTailLines = 10;  // of a failed rank's log
constexpr std::size_t kCallLines = 2;   // of a failed rank's last collective calls

// The rank whose log tells why the job failed: the one that a message speaks of.
std::int64_t FailedRank(std::string_view cause) {
  constexpr std::string_view kWorker = "worker ";
  const std::size_t at = cause.find(kWorker);
  if (at == std::string_view::npos) return -1;
  const std::string_view digits = cause.substr(at + kWorker.size());
  return ParseInteger(digits.substr(0, digits.find_first_not_of("0123456789"))).value_or(-1);
}

// Of the first worker that could tell them: one that was killed cannot.
void PrintLastCalls(const JobReport& report, Terminal& terminal) {
  const auto has_calls = [](const Failure& failure) { return !failure.last_calls.empty(); };
  const auto told = std::ranges::find_if(report.failures, has_calls);
  if (told == report.failures.end()) return;
  const std::vector<std::string>& calls = told->last_calls;
  for (std::size_t i = calls.size() - std::min(calls.size(), kCallLines); i < calls.size(); ++i) {
    terminal.Err(StrCat("  rank ", told->rank, " | ", calls[i], "\n"));
  }
}

void PrintFailure(const JobRun& run, const JobReport& report, Terminal& terminal) {
  const JobFolder& folder = run.folder;
  terminal.Err(StrCat("lambdaml: ", run.command, ": job '", report.name, "' ", report.status, ": ", report.error,
                      "; logs are in ", folder.logs().string(), "\n"));
  if (report.resumable) terminal.Err(StrCat("  go on from its last checkpoint: lambdaml resume ", report.name, "\n"));
  const std::filesystem::path log = folder.log(FailedRank(report.error));
  for (const std::string& line : TailOf(log, kTailLines)) {
    terminal.Err(StrCat("  ", log.filename().string(), " | ", line, "\n"));
  }
  PrintLastCalls(report, terminal);
}

void PrintEnd(const JobReport& report, Terminal& terminal) {
  terminal.Out(SummaryOf(report));
  if (report.resumable) terminal.Out(StrCat("go on    lambdaml resume ", report.name, "\n"));
  terminal.Out(StrCat("model    ", ModelPath(report.spec), "\nreport   ", ReportPath(report.spec), "\nnext     ",
                      Paint(terminal, Ink::kBold,
                            StrCat("lambdaml evaluate ", ModelPath(report.spec), " ", PrintableUrl(report.spec.data))),
                      "\n"));
}

void PrintJsonEnd(const JobReport& report, Terminal& terminal) {
  const nlohmann::ordered_json line = {{"event", "report"}, {"report", nlohmann::ordered_json::parse(ToJson(report))}};
  terminal.Out(line.dump() + "\n");
}

Result<Exit> RunHere(const JobRun& run, bool json, Session& session) {
  const WatchKind kind = json                             ? WatchKind::kJson
                         : session.terminal.interactive() ? WatchKind::kLive
                                                          : WatchKind::kPlain;
  const std::unique_ptr<Watch> watch = OpenWatch(kind, session.terminal, run.spec);
  const JobReport report = TRY(Supervise(run, *watch, session));
  if (json) PrintJsonEnd(report, session.terminal);
  if (report.workers.empty()) {
    PrintFailure(run, report, session.terminal);
    return Exit::kFailed;
  }
  if (!json) PrintEnd(report, session.terminal);
  if (report.error.empty()) return Exit::kDone;
  session.terminal.Err(
      StrCat("lambdaml: ", run.command, ": job '", report.name, "' ", report.status, ": ", report.error, "\n"));
  return Exit::kFailed;
}

// The rest of the process's life belongs to the job: a session of its own, its output in the job's folder.
[[noreturn]] void BecomeSupervisor(const JobRun& run, bool json, const Session& session) {
  ::setsid();
  const FileDescriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const FileDescriptor output(::open(run.folder.output().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  ::dup2(input.get(), STDIN_FILENO);
  ::dup2(output.get(), STDOUT_FILENO);
  ::dup2(output.get(), STDERR_FILENO);
  DescriptorTerminal terminal(STDOUT_FILENO, STDERR_FILENO, session.environment);
  Session own{.terminal = terminal,
              .environment = session.environment,
              .clock = session.clock,
              .program = session.program,
              .commands = session.commands};
  const Result<Exit> exit = RunHere(run, json, own);
  if (!exit.ok()) terminal.Err(StrCat("lambdaml: ", run.command, ": ", exit.error().message, "\n"));
  ::_exit(exit.ok() ? static_cast<int>(exit.value()) : static_cast<int>(Exit::kFailed));
}

Result<Exit> Detach(const JobRun& run, bool json, Session& session) {
  const pid_t child = ::fork();
  if (child < 0) return FileError("forking for", run.folder.root(), errno);
  if (child == 0) BecomeSupervisor(run, json, session);
  TRY(WriteFileAtomically(run.folder.pid(), AsBytes(StrCat(child, "\n")), Durability::kProcess));
  session.terminal.Out(StrCat("job '", run.spec.name, "' runs as process ", child, "\nfollow it: lambdaml logs ",
                              run.spec.name, " --follow\nend it:    lambdaml stop ", run.spec.name, "\n"));
  return Exit::kDone;
}

}  // namespace

Parameters Describe(RunSettings& s) {
  return {.options = {{"report", s.report, "write the report to this file too"},
                      {"attach", s.attach, "stay until the job has ended (this is what happens anyway)"},
                      {"detach", s.detach, "return at once; the job goes on without this terminal"},
                      {"keep", s.keep, "leave what the job writes into its channel and its records"},
                      {"json", s.json, "print every event as a line of JSON"}}};
}

Result<Exit> RunJob(JobSpec spec, const std::optional<JobInvocation>& resumes, const RunSettings& settings,
                    Session& session) {
  const Clock::Time began = session.clock.Now();
  if (settings.attach && settings.detach) {
    return Error{Code::kInvalid, "--attach and --detach exclude each other: give one of them"};
  }
  JobFolder folder = TRY(JobFolder::Of(session.environment, spec.name));
  if (spec.recovery.records.empty() && spec.platform == "local") spec.recovery.records = folder.records();
  TRY(Preflight(spec, session));
  const JobRun run{.command = std::string(resumes ? "resume" : "train"),
                   .spec = spec,
                   .folder = std::move(folder),
                   .began = began,
                   .worker_program = TRY(WorkerProgram(session.program)),
                   .report_file = settings.report,
                   .keep = settings.keep,
                   .resumes = resumes};
  const FileDescriptor taken = TRY(TakeJob(run.folder));
  TRY(WriteFileAtomically(run.folder.spec(), AsBytes(ToJson(Printable(spec))), Durability::kProcess));
  if (settings.detach) return Detach(run, settings.json, session);
  TRY(WriteFileAtomically(run.folder.pid(), AsBytes(StrCat(::getpid(), "\n")), Durability::kProcess));
  return RunHere(run, settings.json, session);
}

}  // namespace lambdaml
