// SPDX-License-Identifier: Apache-2.0
#pragma once

// The lines that a job's functions print, as they come: each goes to the log of its rank, events also to events.jsonl
// and to a queue that the supervising thread takes from. A line that is no event belongs to the rank that the same
// instance speaks for; until it has spoken, its lines wait. May be used from any thread.

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "cli/job_folder.h"
#include "job/event.h"
#include "platform/platform.h"

namespace lambdaml {

class JobLog {
 public:
  explicit JobLog(JobFolder folder) : folder_(std::move(folder)) {}

  void Add(const LogLine& line);

  // Writes the lines of instances that never spoke for a rank to the trigger's log.
  void Flush();

  // The events since the last call.
  std::vector<Event> Take();

  // The instances that the platform says have ended badly since the last call.
  struct Death {
    std::string instance;
    std::string why;
  };
  std::vector<Death> TakeDeaths();

 private:
  void LookForDeath(const LogLine& line);
  void Append(const std::filesystem::path& path, std::string_view line);

  const JobFolder folder_;
  std::mutex mutex_;
  std::map<std::string, std::int64_t> rank_of_;              // by instance
  std::map<std::string, std::vector<std::string>> waiting_;  // lines, by instance
  std::map<std::string, FileDescriptor> files_;              // by path
  std::vector<Event> events_;
  std::map<std::string, std::string> error_of_;  // by instance: what the platform has said of its end
  std::vector<Death> deaths_;
};

// What a line of a log says to a person: an event in words, anything else as it is.
std::string InWords(std::string_view line);
std::string InWords(const Event& event);

// The last `count` lines of a log file, in words.
std::vector<std::string> TailOf(const std::filesystem::path& path, std::size_t count);

}  // namespace lambdaml
