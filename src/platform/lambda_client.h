// SPDX-License-Identifier: Apache-2.0
#pragma once

// The client of Lambda's Invoke API (POST /2015-03-31/functions/NAME/invocations), for the trigger, which runs inside a
// function, and for platforms. For one thread.
//
// An Outcome says that the function ran, well or not. An Error says that it could not be run: kNotFound (no such
// function), kUnavailable (throttled, or the service is unreachable), kTimeout, kInvalid (payload too large, refused).

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

  // Queues an invocation for each payload, all at the same time, and returns. Each may be delivered more than once. One
  // result for each payload.
  std::vector<Result<void>> InvokeEvents(std::span<const std::string> payloads);

 private:
  HttpRequest Request(std::string_view payload, std::string_view type) const;

  std::string url_;
  std::string function_;
  HttpClient http_;
};

}  // namespace lambdaml
