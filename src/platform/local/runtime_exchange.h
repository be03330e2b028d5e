// SPDX-License-Identifier: Apache-2.0
#pragma once

// The Lambda Runtime API of one sandbox: hands one invocation at a time to the runtime inside and takes its report. The
// runtime's side comes through HTTP (Serve); the platform's side is the other methods.

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/http.h"

namespace lambdaml::local {

struct Delivery {
  std::string request_id;
  std::string payload;
  std::int64_t deadline_unix_ms = 0;
  std::string function_arn = {};
};

struct Report {
  bool failed = false;
  std::string payload;
};

class RuntimeExchange {
 public:
  // Answers one request of the runtime; "next" blocks until there is an invocation or the exchange is closed.
  HttpResponse Serve(const HttpRequest& request);

  enum class State {
    kWaiting,  // the time is over, the runtime is still at work
    kIdle,     // the runtime waits for an invocation
    kClosed,   // there is no runtime any more
  };

  // Blocks until the runtime is idle or gone, or the time is over.
  State AwaitIdle(Clock::Duration timeout);

  // Only to an idle runtime.
  void Deliver(Delivery delivery);

  // What the runtime said about the last delivery, or about its initialisation; taken at most once.
  std::optional<Report> TakeReport();

  // The runtime has ended or must not go on.
  void Close();

 private:
  HttpResponse Next();
  HttpResponse TakeResponse(std::string_view request_id, Report report);
  HttpResponse TakeInitError(const HttpRequest& request);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  bool idle_ = false;
  bool initialised_ = false;
  std::optional<Delivery> delivery_;  // not yet fetched
  std::string running_;               // request id of what was fetched and not yet reported
  std::optional<Report> report_;
};

}  // namespace lambdaml::local
