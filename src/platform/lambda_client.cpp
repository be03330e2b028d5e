// SPDX-License-Identifier: Apache-2.0
#include "platform/lambda_client.h"

#include "base/base64.h"
#include "base/text.h"

namespace lambdaml {

namespace {

constexpr Clock::Duration kQueueTimeout = std::chrono::seconds(30);

Code CodeOf(int status) {
  if (status == 404) return Code::kNotFound;
  if (status == 409) return Code::kConflict;
  if (status == 429 || status >= 500) return Code::kUnavailable;
  return Code::kInvalid;
}

Error Refused(std::string_view function, const HttpResponse& response) {
  const std::string_view type = Find(response.headers, "x-amzn-ErrorType");
  return {CodeOf(response.status),
          StrCat("invoking the function ", function, ": ", type, type.empty() ? "" : ", ", response.Summary())};
}

Result<Outcome> ToOutcome(std::string_view function, Result<HttpResponse> result) {
  HttpResponse response = TRY(std::move(result).Context(StrCat("invoking the function ", function)));
  if (response.status != 200) return Refused(function, response);
  Outcome outcome;
  outcome.function_error = Find(response.headers, "X-Amz-Function-Error");
  outcome.log_tail = TRY(FromBase64(Find(response.headers, "X-Amz-Log-Result")).Context("the function's log tail"));
  outcome.payload = std::move(response.body);
  return outcome;
}

}  // namespace

LambdaClient::LambdaClient(std::string_view endpoint, std::string_view function)
    : url_(StrCat(endpoint.ends_with('/') ? endpoint.substr(0, endpoint.size() - 1) : endpoint,
                  "/2015-03-31/functions/", function, "/invocations")),
      function_(function) {}

HttpRequest LambdaClient::Request(std::string_view payload, std::string_view type) const {
  return {.method = "POST",
          .url = url_,
          .headers = {{"X-Amz-Invocation-Type", std::string(type)}, {"X-Amz-Log-Type", "Tail"}},
          .body = std::string(payload)};
}

Result<Outcome> LambdaClient::Invoke(std::string_view payload, Clock::Duration timeout) {
  return ToOutcome(function_, http_.Send(Request(payload, "RequestResponse"), timeout));
}

std::vector<Result<void>> LambdaClient::InvokeEvents(std::span<const std::string> payloads) {
  std::vector<HttpRequest> requests;
  requests.reserve(payloads.size());
  for (const std::string& payload : payloads) requests.push_back(Request(payload, "Event"));
  std::vector<Result<void>> results(payloads.size());
  http_.SendAll(requests, kQueueTimeout, [this, &results](std::size_t index, const Result<HttpResponse>& response) {
    if (!response.ok()) {
      results[index] = Error(response.error()).Context(StrCat("invoking the function ", function_));
    } else if (response.value().status != 202) {
      results[index] = Refused(function_, response.value());
    }
  });
  return results;
}

}  // namespace lambdaml
