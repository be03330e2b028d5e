// SPDX-License-Identifier: Apache-2.0
#pragma once

// One execution environment: a process of the bootstrap program with a Runtime API of its own, a folder of its own for
// temporary files, a memory limit and a log. It runs one invocation at a time and is frozen in between. Once it has
// ended, for whatever reason, it is of no more use.

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "net/http_server.h"
#include "platform/function_error.h"
#include "platform/local/runtime_exchange.h"
#include "platform/local/sandbox_log.h"
#include "platform/local/supervisor.h"
#include "platform/platform.h"

namespace lambdaml::local {

struct SandboxSpec {
  std::string instance;                  // its name in the log
  std::string function;                  // the function's name
  FunctionSpec limits;                   // memory and time-out
  std::vector<std::string> command;      // the bootstrap program, behind a launcher if there is one
  std::string task_folder;               // where the bootstrap program is
  std::filesystem::path folder;          // its own
  std::vector<std::string> environment;  // besides Lambda's own variables
};

class Sandbox {
 public:
  static Result<std::unique_ptr<Sandbox>> Start(SandboxSpec spec, Clock& clock, Supervisor& supervisor,
                                                std::unique_ptr<SandboxLog> log);
  ~Sandbox();

  // Blocks until the function has answered or was ended.
  Outcome Invoke(std::string_view request_id, std::string_view payload);

  // Ends the process; an invocation that runs returns soon. From any thread.
  void Kill() { process_->Send(Signal::kKill); }

  // The same of one whose function is being deleted, which is no failure of it: its log does not speak of one.
  void Delete();
  bool alive() const { return !exited_; }
  pid_t pid() const { return process_->pid(); }

 private:
  struct Timing {
    Clock::Duration init{};
    Clock::Duration run{};
    bool cold = false;
  };
  enum class Ended { kAnswered, kExited, kTimeout };

  Sandbox(SandboxSpec spec, Clock& clock, std::unique_ptr<SandboxLog> log);
  Watcher MakeWatcher();
  void NoteMemory(std::int64_t bytes);
  void NoteExit(const std::string& how);
  void AwaitExit();

  Ended Initialise(Timing& timing);
  Ended Run(std::string_view request_id, std::string_view payload, Timing& timing);
  Outcome Conclude(Ended ended, std::string_view request_id, const Timing& timing);
  FunctionError Failure(Ended ended, bool initialised);
  void LogReport(std::string_view request_id, const Timing& timing, std::string_view error);

  const SandboxSpec spec_;
  Clock& clock_;
  std::unique_ptr<SandboxLog> log_;
  RuntimeExchange exchange_;
  std::unique_ptr<HttpServer> server_;
  std::shared_ptr<Process> process_;
  Clock::Time started_;
  bool initialised_ = false;

  std::atomic<std::int64_t> memory_peak_{0};
  std::atomic<bool> out_of_memory_{false};
  std::atomic<bool> exited_{false};
  std::atomic<bool> deleted_{false};
  std::mutex mutex_;
  std::condition_variable exit_noted_;
  std::string how_it_ended_;
};

}  // namespace lambdaml::local
