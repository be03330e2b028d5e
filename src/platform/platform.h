// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where functions run. A platform runs one function, whose instances are told by their payload what to do; it starts
// them, watches them, and brings back what they return. The control side's only view of AWS or of this machine.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/environment.h"
#include "base/result.h"
#include "job/spec.h"

namespace lambdaml {

// A line that a function printed. `instance` names the execution environment ("2026/11/23/[$LATEST]ab12").
struct LogLine {
  std::string instance;
  std::string text;
};

// May be called from any thread, one call at a time.
using LogSink = std::function<void(const LogLine&)>;

// What an invocation came to.
struct Outcome {
  std::string payload;         // of the response; of the error, if it failed
  std::string function_error;  // empty if it succeeded, else "Unhandled" and the like
  std::string log_tail;        // the last 4 KB of its log
};

class Platform {
 public:
  virtual ~Platform() = default;

  // Makes the function ready to be invoked, with this memory and time-out. Lines that its instances print go to `log`.
  virtual Result<void> Deploy(const FunctionSpec& function, LogSink log) = 0;

  // Invokes the function and blocks until it returns. A failed function is an Outcome, not an error. May be called from
  // several threads.
  virtual Result<Outcome> Invoke(std::string_view payload) = 0;

  // Queues invocations, all at the same time, and returns; each may be delivered more than once. One result for each;
  // kUnavailable: too many run, try again. May be called from several threads.
  virtual std::vector<Result<void>> InvokeEvents(std::span<const std::string> payloads) = 0;

  // Ends every instance. Nothing runs or costs anything afterwards.
  virtual Result<void> Destroy() = 0;
};

struct PlatformOptions {
  Environment environment;
  std::string bootstrap;  // path of the worker program
  Clock& clock;
};

struct PlatformKind {
  std::string_view name;
  std::string_view summary;
  std::int64_t concurrency;  // functions that run at once
  Result<std::unique_ptr<Platform>> (*open)(const PlatformOptions& options);
};

std::span<const PlatformKind> PlatformKinds();
Result<std::unique_ptr<Platform>> OpenPlatform(std::string_view name, const PlatformOptions& options);

}  // namespace lambdaml
