// SPDX-License-Identifier: Apache-2.0
#include "platform/runtime/runtime_client.h"

#include "base/text.h"

namespace lambdaml {

namespace {

constexpr Clock::Duration kReportTimeout = std::chrono::seconds(60);

// 4xx: this request was wrong. Everything else: the environment is no longer usable, and the protocol wants the runtime
// to exit.
Error Refused(std::string_view doing, const HttpResponse& response) {
  const bool request_was_wrong = response.status >= 400 && response.status < 500;
  return {request_was_wrong ? Code::kInvalid : Code::kUnavailable,
          StrCat("the Lambda Runtime API, ", doing, ": ", response.Summary())};
}

}  // namespace

Clock::Time Invocation::Deadline(const Clock& clock) const {
  return clock.Now() + std::chrono::milliseconds(deadline_unix_ms - clock.UnixMs());
}

RuntimeClient::RuntimeClient(std::string_view endpoint) : root_(StrCat("http://", endpoint, "/2018-06-01/runtime")) {}

Result<Invocation> RuntimeClient::Next() {
  const HttpRequest request{.method = "GET", .url = root_ + "/invocation/next"};
  HttpResponse response = TRY(http_.Send(request, kNoTimeout));
  if (response.status != 200) return Refused("next invocation", response);
  const auto header = [&response](std::string_view name) { return std::string(Find(response.headers, name)); };
  Invocation invocation;
  invocation.request_id = header("Lambda-Runtime-Aws-Request-Id");
  invocation.function_arn = header("Lambda-Runtime-Invoked-Function-Arn");
  invocation.trace_id = header("Lambda-Runtime-Trace-Id");
  const auto deadline = ParseInteger(header("Lambda-Runtime-Deadline-Ms"));
  if (invocation.request_id.empty() || !deadline) {
    return Error{Code::kUnavailable, "the Lambda Runtime API sent an invocation without request id or deadline"};
  }
  invocation.deadline_unix_ms = *deadline;
  invocation.payload = std::move(response.body);
  return invocation;
}

Result<void> RuntimeClient::Post(std::string_view path, HttpHeaders headers, std::string body) {
  headers.try_emplace("Content-Type", "application/json");
  const HttpRequest request{
      .method = "POST", .url = StrCat(root_, path), .headers = std::move(headers), .body = std::move(body)};
  const HttpResponse response = TRY(http_.Send(request, kReportTimeout));
  if (response.status != 202) return Refused(path, response);
  return {};
}

Result<void> RuntimeClient::PostError(std::string_view path, const FunctionError& error) {
  return Post(path, {{"Lambda-Runtime-Function-Error-Type", error.type}}, ToJson(error));
}

Result<void> RuntimeClient::Respond(const Invocation& invocation, std::string payload) {
  return Post(StrCat("/invocation/", invocation.request_id, "/response"), {}, std::move(payload));
}

Result<void> RuntimeClient::Fail(const Invocation& invocation, const FunctionError& error) {
  return PostError(StrCat("/invocation/", invocation.request_id, "/error"), error);
}

Result<void> RuntimeClient::FailInit(const FunctionError& error) { return PostError("/init/error", error); }

Result<void> RuntimeClient::Report(const Invocation& invocation, FunctionResult result) {
  if (const auto* error = std::get_if<FunctionError>(&result)) return Fail(invocation, *error);
  return Respond(invocation, std::get<std::string>(std::move(result)));
}

Error RuntimeClient::Serve(const Function& function) {
  while (true) {
    Result<Invocation> invocation = Next();
    if (!invocation.ok()) return std::move(invocation).error();
    Result<void> reported = Report(invocation.value(), function(invocation.value()));
    // A result that the platform refuses is told as the error that it is.
    if (!reported.ok() && reported.error().code == Code::kInvalid) {
      reported = Fail(invocation.value(), {.type = "invalid", .message = reported.error().message});
    }
    if (!reported.ok() && reported.error().code != Code::kInvalid) return std::move(reported).error();
  }
}

}  // namespace lambdaml
