// SPDX-License-Identifier: Apache-2.0
#include "platform/local/runtime_exchange.h"

#include "base/text.h"
#include "platform/function_error.h"
#include "platform/lambda_client.h"

namespace lambdaml::local {

namespace {

constexpr std::string_view kInvocations = "/2018-06-01/runtime/invocation/";
constexpr std::string_view kInitError = "/2018-06-01/runtime/init/error";

HttpResponse Refuse(int status, std::string_view type, std::string_view message) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = ToJson(FunctionError{.type = std::string(type), .message = std::string(message)})};
}

HttpResponse Accept() {
  return {.status = 202, .headers = {{"Content-Type", "application/json"}}, .body = R"({"status":"OK"})"};
}

Report TooLarge(std::size_t bytes) {
  return {.failed = true,
          .payload = ToJson(FunctionError{
              .type = "Function.ResponseSizeTooLarge",
              .message = StrCat("Response payload size (", bytes, " bytes) exceeded maximum allowed payload size (",
                                kSyncPayloadBytesMax, " bytes).")})};
}

}  // namespace

HttpResponse RuntimeExchange::Serve(const HttpRequest& request) {
  const std::string path = TargetPath(request.url);
  if (request.method == "GET" && path == StrCat(kInvocations, "next")) return Next();
  if (request.method == "POST" && path == kInitError) return TakeInitError(request);
  if (request.method == "POST" && path.starts_with(kInvocations)) {
    const std::string_view rest = std::string_view(path).substr(kInvocations.size());
    const std::size_t slash = rest.find('/');
    const std::string_view what = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
    if (what == "response" || what == "error") {
      return TakeResponse(rest.substr(0, slash), {.failed = what == "error", .payload = request.body});
    }
  }
  return Refuse(404, "NotFound", StrCat("no such call: ", request.method, " ", path));
}

HttpResponse RuntimeExchange::Next() {
  std::unique_lock lock(mutex_);
  if (!running_.empty()) return Refuse(403, "InvalidStateTransition", "the invocation before has not been answered");
  initialised_ = true;
  idle_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return closed_ || delivery_.has_value(); });
  idle_ = false;
  if (closed_) return Refuse(500, "Container", "the execution environment has ended");
  Delivery delivery = std::move(*delivery_);
  delivery_.reset();
  running_ = delivery.request_id;
  return {.status = 200,
          .headers = {{"Content-Type", "application/json"},
                      {"Lambda-Runtime-Aws-Request-Id", delivery.request_id},
                      {"Lambda-Runtime-Deadline-Ms", StrCat(delivery.deadline_unix_ms)},
                      {"Lambda-Runtime-Invoked-Function-Arn", std::move(delivery.function_arn)},
                      {"Lambda-Runtime-Trace-Id", StrCat("Root=1-", delivery.request_id, ";Sampled=0")}},
          .body = std::move(delivery.payload)};
}

HttpResponse RuntimeExchange::TakeResponse(std::string_view request_id, Report report) {
  const std::lock_guard lock(mutex_);
  if (running_ != request_id) return Refuse(400, "InvalidRequestID", "no invocation of this id is running");
  running_.clear();
  const std::size_t bytes = report.payload.size();
  const bool too_large = bytes > kSyncPayloadBytesMax;
  report_ = too_large ? TooLarge(bytes) : std::move(report);
  if (too_large) return Refuse(413, "RequestEntityTooLarge", StrCat("the result has ", bytes, " bytes"));
  return Accept();
}

HttpResponse RuntimeExchange::TakeInitError(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  if (initialised_) return Refuse(403, "InvalidStateTransition", "the initialisation is over");
  report_ = Report{.failed = true, .payload = request.body};
  closed_ = true;
  changed_.notify_all();
  return Accept();
}

RuntimeExchange::State RuntimeExchange::AwaitIdle(Clock::Duration timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [this] { return closed_ || (idle_ && !delivery_); });
  if (closed_) return State::kClosed;
  return idle_ && !delivery_ ? State::kIdle : State::kWaiting;
}

void RuntimeExchange::Deliver(Delivery delivery) {
  const std::lock_guard lock(mutex_);
  delivery_ = std::move(delivery);
  changed_.notify_all();
}

std::optional<Report> RuntimeExchange::TakeReport() {
  const std::lock_guard lock(mutex_);
  std::optional<Report> report = std::move(report_);
  report_.reset();
  return report;
}

void RuntimeExchange::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace lambdaml::local
