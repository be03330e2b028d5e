// SPDX-License-Identifier: Apache-2.0
#include "cli/job_folder.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "job/report.h"

namespace lambdaml {

namespace fs = std::filesystem;

namespace {

Result<fs::path> JobsRoot(const Environment& environment) {
  std::string state = environment.Get("XDG_STATE_HOME");
  if (state.empty()) state = TRY(environment.Require("HOME")) + "/.local/state";
  return fs::path(state) / "lambdaml" / "jobs";
}

std::vector<std::string> NamesIn(const fs::path& root) {
  std::vector<std::string> names;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(root, none)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

// Open file description locks: they die with their last holder, survive a fork, and can be asked for without taking.
struct flock WholeFile() {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return range;
}

bool IsLocked(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct flock range = WholeFile();
  return file.open() && ::fcntl(file.get(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

void RemoveEarlierRun(const JobFolder& folder) {
  std::error_code none;
  for (const fs::path& path : {folder.pid(), folder.report(), folder.events(), folder.spec(), folder.output()}) {
    fs::remove(path, none);
  }
  fs::remove_all(folder.logs(), none);
}

}  // namespace

Result<JobFolder> JobFolder::Of(const Environment& environment, std::string_view name) {
  if (name.empty() || name.starts_with('.') || name.find('/') != std::string_view::npos) {
    return Error{Code::kInvalid, StrCat("'", name, "' is not the name of a job; `lambdaml jobs` lists them")};
  }
  return JobFolder(TRY(JobsRoot(environment)) / name);
}

Result<JobFolder> JobFolder::Find(const Environment& environment, std::string_view name) {
  JobFolder folder = TRY(Of(environment, name));
  std::error_code none;
  if (fs::is_directory(folder.root(), none)) return folder;
  const auto nearest = Nearest(name, NamesIn(folder.root().parent_path()));
  const std::string hint = nearest ? StrCat("did you mean '", *nearest, "'?") : "`lambdaml jobs` lists them";
  return Error{Code::kNotFound, StrCat("no job '", name, "' was started here; ", hint)};
}

Result<std::vector<JobFolder>> JobFolder::All(const Environment& environment) {
  const fs::path root = TRY(JobsRoot(environment));
  std::vector<JobFolder> folders;
  for (const std::string& name : NamesIn(root)) folders.push_back(JobFolder(root / name));
  return folders;
}

fs::path JobFolder::log(std::int64_t rank) const {
  return logs() / (rank < 0 ? std::string("trigger.log") : StrCat("rank-", rank, ".log"));
}

Result<FileDescriptor> TakeJob(const JobFolder& folder) {
  std::error_code failed;
  fs::create_directories(folder.root(), failed);
  if (!failed) fs::permissions(folder.root(), fs::perms::owner_all, failed);
  if (failed) return FileError("creating", folder.root(), failed.value());
  FileDescriptor file(::open(folder.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file.open()) return FileError("opening", folder.lock(), errno);
  struct flock range = WholeFile();
  if (::fcntl(file.get(), F_OFD_SETLK, &range) != 0) {
    if (errno != EAGAIN && errno != EACCES) return FileError("locking", folder.lock(), errno);
    const auto pid = SupervisorOf(folder);
    return Error{Code::kConflict,
                 StrCat("job '", folder.name(), "' is running already", pid ? StrCat(" (process ", *pid, ")") : "",
                        ": wait for it, end it with `lambdaml stop ", folder.name(), "`, or choose another name")};
  }
  RemoveEarlierRun(folder);
  return file;
}

std::optional<pid_t> SupervisorOf(const JobFolder& folder) {
  if (!IsLocked(folder.lock())) return std::nullopt;
  const Result<Blob> text = ReadFile(folder.pid());
  if (!text.ok()) return std::nullopt;
  const auto pid = ParseInteger(Trim(text.value().text()));
  return pid && *pid > 1 ? std::optional(static_cast<pid_t>(*pid)) : std::nullopt;
}

std::string StatusOf(const JobFolder& folder) {
  if (IsLocked(folder.lock())) return "running";
  const Result<Blob> text = ReadFile(folder.report());
  if (!text.ok()) return "lost";
  const Result<JobReport> report = ParseJobReport(text.value().text());
  return report.ok() ? report.value().status : "lost";
}

}  // namespace lambdaml
