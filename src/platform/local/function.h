// SPDX-License-Identifier: Apache-2.0
#pragma once

// A deployed function: its sandboxes, of which an idle one is used again before a new one is started, its limit of
// concurrency, and its queue of asynchronous invocations. May be used from any thread.

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "platform/local/options.h"
#include "platform/local/sandbox.h"
#include "platform/local/supervisor.h"
#include "platform/platform.h"

namespace lambdaml::local {

class Function {
 public:
  struct Setup {
    std::string name;
    FunctionSpec limits;
    std::filesystem::path bootstrap = {};       // an absolute path
    std::filesystem::path folder = {};          // for the sandboxes' own folders
    std::vector<std::string> environment = {};  // of every sandbox, besides Lambda's own variables
    LocalOptions options;
  };

  Function(Setup setup, LogSink sink, Clock& clock);
  ~Function();
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;

  const std::string& name() const { return setup_.name; }

  // Blocks until the function has returned. kUnavailable: throttled, or being destroyed.
  Result<Outcome> Invoke(std::string_view payload);

  // Queues an invocation. A function error is tried twice more, a throttled one until it runs.
  Result<void> InvokeEvent(std::string_view payload);

  // Ends every sandbox and makes every call return; no invocation is accepted any more.
  void Close();

 private:
  struct EventDelivery {
    std::atomic<bool> done{false};
    std::jthread thread;  // last, so that it is joined before `done` goes
  };

  Result<Outcome> InvokeAs(std::string_view request_id, std::string_view payload);
  Result<std::shared_ptr<Sandbox>> Acquire();
  Result<std::shared_ptr<Sandbox>> StartSandbox(std::size_t number);
  void Release(const std::shared_ptr<Sandbox>& sandbox);
  void DeliverEvent(const std::string& request_id, const std::string& payload);
  bool Pause(Clock::Duration duration);
  std::string NewRequestId();

  const Setup setup_;
  const LogSink sink_;
  Clock& clock_;
  std::mutex sink_mutex_;
  Supervisor supervisor_;

  std::mutex mutex_;
  std::condition_variable closing_noted_;
  bool closing_ = false;
  std::int64_t running_ = 0;
  std::size_t sandboxes_started_ = 0;
  std::uint64_t requests_ = 0;
  std::vector<std::shared_ptr<Sandbox>> idle_;
  std::list<std::weak_ptr<Sandbox>> all_;
  std::list<EventDelivery> events_;
};

}  // namespace lambdaml::local
