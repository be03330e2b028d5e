// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/clean.h"
#include "cli/commands/commands.h"
#include "cli/job_folder.h"
#include "cli/live_view.h"
#include "cli/summary.h"
#include "job/spec.h"

namespace lambdaml {

namespace {

struct StatusSettings {
  std::string job;
  bool json = false;
};

Parameters Describe(StatusSettings& s) {
  return {.arguments = {{"JOB", &s.job, "the job's name"}},
          .options = {{"json", s.json, "print the report as JSON, once the job has ended"}}};
}

// The view that `train` would show now, made from the events in the folder.
Result<std::string> LiveText(const JobFolder& folder, const Session& session) {
  const Blob spec = TRY(ReadFile(folder.spec()));
  LiveView view(TRY(ParseJobSpec(spec.text(), folder.spec().string())));
  std::int64_t first = session.clock.UnixMs();
  const Result<Blob> events = ReadFile(folder.events());
  if (events.ok()) {
    for (const std::string_view line : SplitText(events.value().text(), '\n')) {
      const Result<Event> event = ParseEvent(line);
      if (!event.ok()) continue;
      first = std::min(first, event.value().unix_ms);
      view.Add(event.value());
    }
  }
  return view.Text(session.terminal.columns(), static_cast<double>(session.clock.UnixMs() - first) / 1000);
}

std::string HowToGoOn(const JobFolder& folder, const Session& session) {
  return ResumableAttempt(folder, session) ? StrCat("go on    lambdaml resume ", folder.name(), "\n") : "";
}

Result<Exit> Status(const StatusSettings& settings, Session& session) {
  const JobFolder folder = TRY(JobFolder::Find(session.environment, settings.job));
  const std::string status = StatusOf(folder);
  if (status == "running") {
    session.terminal.Out(StrCat(status, "\n", TRY(LiveText(folder, session))));
    return Exit::kDone;
  }
  if (status == "lost") {
    session.terminal.Out(StrCat("lost: its supervisor is gone without a report; logs are in ", folder.logs().string(),
                                "\n", HowToGoOn(folder, session)));
    return Exit::kDone;
  }
  const Blob text = TRY(ReadFile(folder.report()));
  if (settings.json) {
    session.terminal.Out(text.text());
    return Exit::kDone;
  }
  const JobReport report = TRY(ParseJobReport(text.text()));
  session.terminal.Out(SummaryOf(report));
  if (!report.error.empty()) session.terminal.Out(StrCat("error    ", report.error, "\n"));
  if (status != "done") session.terminal.Out(HowToGoOn(folder, session));
  session.terminal.Out(StrCat("output   ", report.spec.output, "\n"));
  return Exit::kDone;
}

}  // namespace

constinit const Command kStatus = {.name = "status",
                                   .topic = "Train",
                                   .summary = "Show how a job stands",
                                   .examples = "lambdaml status fashion\nlambdaml status fashion --json",
                                   .start = Start<StatusSettings, Status>};

}  // namespace lambdaml
