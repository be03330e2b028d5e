// SPDX-License-Identifier: Apache-2.0
#pragma once

// One thread that starts processes, watches them, and outlives them all, as Process::Start asks of it.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "platform/local/process.h"

namespace lambdaml::local {

// Called on the supervisor's thread, which they must not hold up.
struct Watcher {
  std::function<void(Process&)> output;                          // there is something to read
  std::function<void(Process&, std::int64_t bytes)> memory;      // in use, every 50 ms
  std::function<void(Process&, const std::string& how)> exited;  // as Process::Reap says it; the last call
};

class Supervisor {
 public:
  Supervisor();

  // Every process must have exited.
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Blocks until the process runs. May be called from any thread but the supervisor's.
  Result<std::shared_ptr<Process>> Start(const ProcessSpec& spec, Watcher watcher);

 private:
  struct Watched {
    std::shared_ptr<Process> process;
    Watcher watcher;
    bool output_open = true;
  };
  using Task = std::function<void()>;

  void Run();
  void RunTasks();
  void Poll();
  void Sample();
  void Wake() const;

  FileDescriptor wake_;
  std::mutex mutex_;
  std::vector<Task> tasks_;
  bool ending_ = false;
  std::vector<Watched> watched_;  // of the supervisor's thread alone
  std::jthread thread_;
};

}  // namespace lambdaml::local
