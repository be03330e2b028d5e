// SPDX-License-Identifier: Apache-2.0
#pragma once

// The client of Lambda's Invoke API (POST /2015-03-31/functions/NAME/invocations), for the trigger, which runs inside a
// function, and for platforms. For one thread; many invocations at once go through InvokeAll.
//
// An Outcome says that the function ran, well or not. An Error says that it could not be run: kNotFound (no such
// function), kUnavailable (throttled, or the service is unreachable), kTimeout, kInvalid (payload too large, refused).

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/http_client.h"
#include "platform/platform.h"

namespace lambdaml {

// What Lambda takes at most, both ways for a synchronous invocation.
inline constexpr std::size_t kSyncPayloadBytesMax = std::size_t{6} << 20U;
inline constexpr std::size_t kAsyncPayloadBytesMax = std::size_t{1} << 20U;

class LambdaClient {
 public:
  // `endpoint` is a URL, as in AWS_ENDPOINT_URL_LAMBDA.
  LambdaClient(std::string_view endpoint, std::string_view function);

  // Runs the function and waits for it.
  Result<Outcome> Invoke(std::string_view payload, Clock::Duration timeout);

  // Runs the function once for each payload, all at the same time; `done` is called as each one returns.
  using Done = std::function<void(std::size_t index, Result<Outcome> outcome)>;
  void InvokeAll(std::span<const std::string> payloads, Clock::Duration timeout, const Done& done);

  // Queues an invocation and returns at once. It may be delivered more than once.
  Result<void> InvokeEvent(std::string_view payload);

 private:
  HttpRequest Request(std::string_view payload, std::string_view type) const;

  std::string url_;
  std::string function_;
  HttpClient http_;
};

}  // namespace lambdaml
