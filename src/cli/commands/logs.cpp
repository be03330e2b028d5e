// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/job_folder.h"
#include "cli/job_log.h"

namespace lambdaml {

namespace {

constexpr std::chrono::milliseconds kLook{200};  // between two looks at the files

struct LogsSettings {
  std::string job;
  std::int64_t rank = -1;
  bool follow = false;
  bool raw = false;
};

Parameters Describe(LogsSettings& s) {
  return {.arguments = {{"JOB", &s.job, "the job's name"}},
          .options = {{"rank", s.rank, "only this rank; -1: every rank and the trigger", {.min = -1}},
                      {"follow", s.follow, "print new lines as they come, until the job has ended"},
                      {"raw", s.raw, "events as they are, in JSON"}}};
}

// Log files, printed from where the last look ended.
class Reader {
 public:
  Reader(JobFolder folder, const LogsSettings& settings, Terminal& terminal)
      : folder_(std::move(folder)), settings_(settings), terminal_(terminal) {}

  void Look() {
    for (const std::filesystem::path& path : Paths()) PrintNew(path);
  }

 private:
  std::vector<std::filesystem::path> Paths() const {
    if (settings_.rank >= 0) return {folder_.log(settings_.rank)};
    std::vector<std::filesystem::path> paths;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.logs(), none)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  void PrintNew(const std::filesystem::path& path) {
    const Result<Blob> file = ReadFile(path);
    if (!file.ok()) return;
    std::size_t& from = printed_[path];
    const std::string_view rest = file.value().text().substr(std::min(from, file.value().size()));
    const std::string_view whole = rest.substr(0, rest.rfind('\n') + 1);
    from += whole.size();
    for (const std::string_view line : SplitText(whole, '\n')) {
      if (!line.empty()) Print(path, line);
    }
  }

  void Print(const std::filesystem::path& path, std::string_view line) {
    const bool event = ParseEvent(line).ok();
    const std::string source = settings_.rank >= 0 || event ? "" : StrCat(path.stem().string(), " | ");
    terminal_.Out(StrCat(settings_.raw ? "" : source, settings_.raw ? std::string(line) : InWords(line), "\n"));
  }

  const JobFolder folder_;
  const LogsSettings& settings_;
  Terminal& terminal_;
  std::map<std::string, std::size_t> printed_;  // bytes, by path
};

Result<Exit> Logs(const LogsSettings& settings, Session& session) {
  const JobFolder folder = TRY(JobFolder::Find(session.environment, settings.job));
  std::error_code none;
  if (settings.rank >= 0 && !settings.follow && !std::filesystem::exists(folder.log(settings.rank), none)) {
    return Error{Code::kNotFound, StrCat("job '", folder.name(), "' has no log of rank ", settings.rank, " in ",
                                         folder.logs().string())};
  }
  Reader reader(folder, settings, session.terminal);
  bool running = true;
  while (running) {
    running = settings.follow && StatusOf(folder) == "running";
    reader.Look();
    if (running) session.clock.SleepUntil(session.clock.Now() + kLook);
  }
  return Exit::kDone;
}

}  // namespace

constinit const Command kLogs = {.name = "logs",
                                 .topic = "Train",
                                 .summary = "Print what the functions of a job printed",
                                 .examples = "lambdaml logs fashion\nlambdaml logs fashion --rank 2 --follow",
                                 .start = Start<LogsSettings, Logs>};

}  // namespace lambdaml
