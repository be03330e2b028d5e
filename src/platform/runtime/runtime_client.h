// SPDX-License-Identifier: Apache-2.0
#pragma once

// The function's side of the Lambda Runtime API, version 2018-06-01: takes one invocation after the other and reports
// what each came to. For one thread.
//
//   RuntimeClient runtime(environment.Get("AWS_LAMBDA_RUNTIME_API"));
//   return runtime.Serve([&](const Invocation& invocation) -> FunctionResult { ... });

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "net/http_client.h"
#include "platform/function_error.h"

namespace lambdaml {

struct Invocation {
  std::string request_id;
  std::string payload;
  std::int64_t deadline_unix_ms = 0;  // when the platform kills the process
  std::string function_arn;
  std::string trace_id;

  Clock::Time Deadline(const Clock& clock) const;
};

class RuntimeClient {
 public:
  // `endpoint` is host:port.
  explicit RuntimeClient(std::string_view endpoint);

  // Blocks until there is an invocation, for hours if need be. The first call ends the initialisation.
  Result<Invocation> Next();

  // kInvalid when the platform refuses this report (unknown invocation, result too large) but goes on; kUnavailable
  // when the environment has come to its end.
  Result<void> Respond(const Invocation& invocation, std::string payload);
  Result<void> Fail(const Invocation& invocation, const FunctionError& error);

  // The program cannot take invocations at all and will exit.
  Result<void> FailInit(const FunctionError& error);

  // Answers invocations until the environment ends, and returns why it did.
  using Function = std::function<FunctionResult(const Invocation&)>;
  Error Serve(const Function& function);

 private:
  Result<void> Report(const Invocation& invocation, FunctionResult result);
  Result<void> Post(std::string_view path, HttpHeaders headers, std::string body);
  Result<void> PostError(std::string_view path, const FunctionError& error);

  std::string root_;
  HttpClient http_;
};

}  // namespace lambdaml
