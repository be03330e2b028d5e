// SPDX-License-Identifier: Apache-2.0
#pragma once

// What this machine remembers of a job: $XDG_STATE_HOME/lambdaml/jobs/NAME/ (~/.local/state without it) holds
//   lock             locked by the process that supervises the job, as long as it lives
//   pid              of that process
//   spec.json        the job as it was started
//   attempt.json     the invocation of the attempt that has keys in its channel, secrets of its URL included; gone when
//                    the keys are
//   checkpoint.json  the invocation of the attempt that `lambdaml resume` goes on from; gone when its checkpoint is
//   records/         the store of records, where the job names none
//   events.jsonl     every event of every function
//   logs/rank-N.log  what the function of that rank printed; trigger.log likewise
//   report.json      once the job has ended
// Nobody but its owner may look into it. A new run of the same name replaces the files of the last one.

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/file.h"
#include "base/result.h"

namespace lambdaml {

class JobFolder {
 public:
  // The folder of that name, whether it exists or not. kInvalid for a name that is no job's.
  static Result<JobFolder> Of(const Environment& environment, std::string_view name);

  // The folder of a job that was started here. kNotFound with the nearest name.
  static Result<JobFolder> Find(const Environment& environment, std::string_view name);

  // Every job that was started here, by name.
  static Result<std::vector<JobFolder>> All(const Environment& environment);

  std::string name() const { return root_.filename(); }
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path lock() const { return root_ / "lock"; }
  std::filesystem::path pid() const { return root_ / "pid"; }
  std::filesystem::path spec() const { return root_ / "spec.json"; }
  std::filesystem::path attempt() const { return root_ / "attempt.json"; }
  std::filesystem::path checkpoint() const { return root_ / "checkpoint.json"; }
  std::string records() const { return "file://" + (root_ / "records").string(); }
  std::filesystem::path events() const { return root_ / "events.jsonl"; }
  std::filesystem::path report() const { return root_ / "report.json"; }
  std::filesystem::path output() const { return root_ / "output.log"; }  // of a detached supervisor
  std::filesystem::path logs() const { return root_ / "logs"; }
  // Of a rank; -1 is the trigger.
  std::filesystem::path log(std::int64_t rank) const;

 private:
  explicit JobFolder(std::filesystem::path root) : root_(std::move(root)) {}

  std::filesystem::path root_;
};

// Takes the job for this process and its forks, until the descriptor is closed in all of them, and removes what an
// earlier run left. kConflict, naming the process, while another one has it.
Result<FileDescriptor> TakeJob(const JobFolder& folder);

// The process that supervises the job now: the one in the pid file, if somebody holds the lock.
std::optional<pid_t> SupervisorOf(const JobFolder& folder);

// "running", the status in the report ("done", "stopped", "failed"), or "lost": neither running nor reported.
std::string StatusOf(const JobFolder& folder);

}  // namespace lambdaml
