// SPDX-License-Identifier: Apache-2.0
#pragma once

// One operating-system process that does not outlive this one, not even if this one is killed: it is started with a
// clean environment, /dev/null as its input, a pipe as its output, no other descriptor, and as the leader of a process
// group of its own.

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace lambdaml::local {

struct ProcessSpec {
  std::vector<std::string> command;      // an absolute path and its arguments
  std::vector<std::string> environment;  // NAME=value
  std::string folder;                    // to work in
  std::int64_t memory_bytes = 0;         // that it may use
};

enum class Signal { kStop, kContinue, kKill };

// May be used from any thread.
class Process {
 public:
  // The kernel kills the process when the *thread* that called Start ends, so that thread must live as long as it.
  static Result<std::shared_ptr<Process>> Start(const ProcessSpec& spec);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  int exit_descriptor() const { return exit_.get(); }      // readable when the process has ended
  int output_descriptor() const { return output_.get(); }  // stdout and stderr; reading does not block

  // To the whole group; nothing happens once the process has been reaped.
  void Send(Signal signal);

  // Kills what is left of the group and reaps the process, which must have ended: "exit status 1", "signal: killed".
  std::string Reap();

  // Memory that the process and its children use, mapped files left out.
  std::int64_t MemoryBytes() const;

 private:
  explicit Process(pid_t pid) : pid_(pid) {}

  const pid_t pid_;
  FileDescriptor exit_;
  FileDescriptor output_;
  std::mutex mutex_;
  bool reaped_ = false;
};

}  // namespace lambdaml::local
