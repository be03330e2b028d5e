// SPDX-License-Identifier: Apache-2.0
#include "cli/clean.h"
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/storage_run.h"

namespace lambdaml {

namespace {

struct CleanSettings {
  std::vector<std::string> jobs;
  bool dry_run = false;
  bool checkpoints = false;

  CheckpointsOf what() const { return checkpoints ? CheckpointsOf::kGo : CheckpointsOf::kStay; }
};

Parameters Describe(CleanSettings& s) {
  return {.options = {{"dry_run", s.dry_run, "list the keys that would go, and leave them"},
                      {"checkpoints", s.checkpoints, "also what `lambdaml resume` would go on from"}},
          .last = LastArguments{"JOB", &s.jobs, "a job's name or file; without any, every job that was started here",
                                Need::kOptional}};
}

// What was done in one store, in words.
std::string Told(const std::string& name, const LeftoverIn& left, bool dry_run) {
  if (left.entries.empty()) return StrCat(name, ": nothing is left in ", left.store->name(), "\n");
  std::string lines;
  std::uint64_t bytes = 0;
  for (const Entry& entry : left.entries) {
    bytes += entry.bytes;
    if (dry_run) lines += entry.key.text() + "\n";
  }
  return StrCat(lines, name, ": ", InWords(left.entries.size(), bytes),
                dry_run ? " would be removed from " : " removed from ", left.store->name(), "\n");
}

Result<std::string> CleanOne(const PastJob& job, const CleanSettings& settings, const Session& session) {
  const Leftover leftover = TRY(FindLeftover(job, settings.what(), session));
  if (!settings.dry_run) TRY(RemoveLeftover(job, leftover, settings.what(), session));
  std::string text;
  for (const LeftoverIn& left : leftover) text += Told(job.folder.name(), left, settings.dry_run);
  return text;
}

// Those of the settings, or all that were started here and are not running.
Result<std::vector<Result<PastJob>>> JobsOf(const CleanSettings& settings, Session& session) {
  std::vector<Result<PastJob>> jobs;
  for (const std::string& word : settings.jobs) jobs.push_back(FindPastJob(word, session.environment));
  if (!settings.jobs.empty()) return jobs;
  for (const JobFolder& folder : TRY(JobFolder::All(session.environment))) {
    if (StatusOf(folder) == "running") {
      session.terminal.Out(StrCat(folder.name(), ": is running\n"));
    } else {
      jobs.push_back(PastJobOf(folder));
    }
  }
  return jobs;
}

// Goes on after an error; the last one is the command's.
Result<Exit> Clean(const CleanSettings& settings, Session& session) {
  std::optional<Error> failed;
  for (const Result<PastJob>& job : TRY(JobsOf(settings, session))) {
    const Result<std::string> done =
        job.ok() ? CleanOne(job.value(), settings, session) : Result<std::string>(job.error());
    if (done.ok()) {
      session.terminal.Out(done.value());
      continue;
    }
    if (failed) session.terminal.Err(StrCat("lambdaml: clean: ", failed->message, "\n"));
    failed = done.error();
  }
  if (failed) return *std::move(failed);
  return Exit::kDone;
}

}  // namespace

constinit const Command kClean = {.name = "clean",
                                  .topic = "Train",
                                  .summary = "Remove what killed jobs left in their channels",
                                  .examples =
                                      "lambdaml clean --dry-run\n"
                                      "lambdaml clean fashion\n"
                                      "lambdaml clean examples/fashion.yaml",
                                  .start = Start<CleanSettings, Clean>};

}  // namespace lambdaml
