// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a function is given besides its invocation, whichever part it plays. Everything that reaches out of it is made
// by whoever runs it: a process of a platform, a test, or the simulator.

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/background.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "coordination/protocol.h"
#include "storage/layers/meter.h"
#include "storage/store.h"

namespace lambdaml {

// Queues invocations of the function, all at the same time, and returns. Each may be delivered more than once, or
// late. One result for each; kUnavailable: too many run, try again. May be called from several threads.
using Invoke = std::function<std::vector<Result<void>>(std::span<const std::string> payloads)>;

// Queues invocations; those that are refused because too many run are tried again until `deadline`. The first error.
Result<void> InvokeUntil(const Invoke& invoke, std::span<const std::string> payloads, Clock& clock,
                         Clock::Time deadline);

// The meter may be null; it must outlive the store.
using OpenStoreAt = std::function<Result<std::unique_ptr<Store>>(std::string_view url, StoreMeter* meter)>;

// `clock` and `log` must outlive the call.
struct FunctionRuntime {
  Clock& clock;
  Log& log;
  OpenStoreAt open_store;
  std::function<std::unique_ptr<Background>(std::size_t threads)> make_background;
  Invoke invoke;
  std::string instance;     // names the execution environment and no other one
  Clock::Time arrived{};    // when the invocation reached the process
  Clock::Time deadline{};   // when the platform ends the process
  bool cold_start = false;  // this invocation started a new process
  ProtocolSteps steps = {};
};

// A function that waits gives up this long before the platform ends it, so that it can still say what it waited for.
inline constexpr Clock::Duration kLastWords = std::chrono::milliseconds(500);

}  // namespace lambdaml
