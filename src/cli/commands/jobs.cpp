// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/clean.h"
#include "cli/commands/commands.h"
#include "cli/job_folder.h"
#include "cli/summary.h"
#include "cli/table.h"
#include "job/report.h"

namespace lambdaml {

namespace {

// What the last column says: the result, or what to do about a job without one.
std::string Remark(const JobFolder& folder, std::string_view status) {
  if (status == "running") {
    const auto pid = SupervisorOf(folder);
    return pid ? StrCat("process ", *pid) : "";
  }
  if (status == "lost") return "its supervisor is gone without a report";
  const Result<Blob> text = ReadFile(folder.report());
  if (!text.ok()) return "";
  const Result<JobReport> report = ParseJobReport(text.value().text());
  if (!report.ok()) return "";
  if (report.value().workers.empty()) return report.value().error;
  const WorkerReport& worker = report.value().workers.front();
  const Metrics& metrics = worker.test ? *worker.test : worker.train;
  return StrCat(QualityInWords("", metrics.loss, metrics.accuracy, metrics.rmse), "  ",
                HumanSeconds(report.value().wall_seconds));
}

std::string HowToGoOn(const JobFolder& folder, std::string_view status, const Session& session) {
  if (status == "running" || status == "done" || !ResumableAttempt(folder, session)) return "";
  return StrCat("; go on: lambdaml resume ", folder.name());
}

Result<Exit> Jobs(const NoSettings&, Session& session) {
  Table table;
  const std::vector<JobFolder> folders = TRY(JobFolder::All(session.environment));
  for (const JobFolder& folder : folders) {
    const std::string status = StatusOf(folder);
    table.Row({folder.name(), status, StrCat(Remark(folder, status), HowToGoOn(folder, status, session))});
  }
  session.terminal.Out(folders.empty() ? "no job was started here; `lambdaml train JOB.yaml` starts one\n"
                                       : table.Text());
  return Exit::kDone;
}

}  // namespace

constinit const Command kJobs = {.name = "jobs",
                                 .topic = "Train",
                                 .summary = "List the jobs that were started here",
                                 .examples = "lambdaml jobs",
                                 .start = Start<NoSettings, Jobs>};

}  // namespace lambdaml
