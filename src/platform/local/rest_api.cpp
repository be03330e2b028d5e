// SPDX-License-Identifier: Apache-2.0
#include "platform/local/rest_api.h"

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/text.h"
#include "platform/lambda_client.h"

namespace lambdaml::local {

namespace {

constexpr std::string_view kFunctions = "/2015-03-31/functions/";
constexpr std::string_view kInvocations = "/invocations";

HttpResponse Refuse(int status, std::string_view type, std::string_view message) {
  const nlohmann::ordered_json body{
      {"Type", status < 500 ? "User" : "Server"}, {"Message", message}, {"message", message}};
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}, {"x-amzn-ErrorType", std::string(type)}},
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

HttpResponse Refuse(const Error& error) {
  if (error.code != Code::kUnavailable) return Refuse(502, "InvalidRuntimeException", error.message);
  HttpResponse response = Refuse(429, "TooManyRequestsException", error.message);
  response.headers["Retry-After"] = "1";
  return response;
}

// The function that a path names, "NAME", "NAME:QUALIFIER" or an ARN; empty for another path.
std::string_view FunctionIn(std::string_view path) {
  if (!path.starts_with(kFunctions) || !path.ends_with(kInvocations)) return {};
  path.remove_prefix(kFunctions.size());
  if (path.size() <= kInvocations.size()) return {};
  path.remove_suffix(kInvocations.size());
  constexpr std::string_view kArnPart = ":function:";
  const std::size_t arn = path.find(kArnPart);
  if (arn != std::string_view::npos) path.remove_prefix(arn + kArnPart.size());
  return path.substr(0, path.find(':'));
}

HttpResponse InvokeAndWait(const HttpRequest& request, Function& function) {
  const Result<Outcome> result = function.Invoke(request.body);
  if (!result.ok()) return Refuse(result.error());
  const Outcome& outcome = result.value();
  HttpResponse response{.status = 200,
                        .headers = {{"Content-Type", "application/json"}, {"X-Amz-Executed-Version", "$LATEST"}},
                        .body = outcome.payload};
  if (!outcome.function_error.empty()) response.headers["X-Amz-Function-Error"] = outcome.function_error;
  if (Find(request.headers, "X-Amz-Log-Type") == "Tail") {
    response.headers["X-Amz-Log-Result"] = ToBase64(outcome.log_tail);
  }
  return response;
}

HttpResponse TooLarge(std::size_t bytes, std::size_t bytes_max) {
  return Refuse(413, "RequestTooLargeException",
                StrCat(bytes, " byte payload is too large for this invocation, the limit is ", bytes_max, " bytes"));
}

}  // namespace

HttpResponse ServeInvokeApi(const HttpRequest& request, Function& function) {
  const std::string path = TargetPath(request.url);
  const std::string_view name = FunctionIn(path);
  if (request.method != "POST" || name.empty()) {
    return Refuse(404, "UnknownOperationException", StrCat("no such operation: ", request.method, " ", path));
  }
  if (name != function.name()) {
    return Refuse(404, "ResourceNotFoundException", StrCat("Function not found: ", name));
  }
  const std::string_view type = Find(request.headers, "X-Amz-Invocation-Type");
  const std::size_t bytes_max = type == "Event" ? kAsyncPayloadBytesMax : kSyncPayloadBytesMax;
  if (request.body.size() > bytes_max) return TooLarge(request.body.size(), bytes_max);
  if (!request.body.empty() && !nlohmann::json::accept(request.body)) {
    return Refuse(400, "InvalidRequestContentException", "Could not parse request body into json");
  }
  if (type == "DryRun") return {.status = 204};
  if (type == "Event") {
    const Result<void> queued = function.InvokeEvent(request.body);
    return queued.ok() ? HttpResponse{.status = 202} : Refuse(queued.error());
  }
  if (!type.empty() && type != "RequestResponse") {
    return Refuse(400, "InvalidParameterValueException", StrCat("unknown invocation type ", type));
  }
  return InvokeAndWait(request, function);
}

}  // namespace lambdaml::local
