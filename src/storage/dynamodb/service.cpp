// SPDX-License-Identifier: Apache-2.0
#include "storage/dynamodb/service.h"

#include "base/text.h"
#include "storage/dynamodb/errors.h"

namespace lambdaml::dynamodb {

namespace {

// 16 MB of items are the most that one answer holds; as base64 they are a third longer.
constexpr std::size_t kAnswerBytesMax = std::size_t{32} << 20U;

// Also bounds the answers that are in memory at once.
constexpr std::size_t kConnectionsMax = 32;

// How long all calls together may take on a slow network. An answer has about 1 MB, unless a batch turns out larger
// than those before it.
Clock::Duration TimeoutOf(std::span<const Call> calls) {
  constexpr std::chrono::seconds kAtLeast{10};
  constexpr std::size_t kAnswerBytes = std::size_t{1} << 20U;
  constexpr std::size_t kBytesPerSecond = std::size_t{1} << 19U;
  std::size_t bytes = 0;
  for (const Call& call : calls) bytes += call.body.size() + kAnswerBytes;
  return kAtLeast + std::chrono::seconds(bytes / kBytesPerSecond);
}

}  // namespace

Service::Service(Settings settings, const StoreOptions& options)
    : settings_(std::move(settings)),
      clock_(options.clock),
      credentials_(options.environment, options.clock),
      signer_({.service = "dynamodb", .region = settings_.region}),
      http_({.response_bytes_max = kAnswerBytesMax, .connections_max = kConnectionsMax, .ca_file = settings_.ca_file}) {
}

Result<std::vector<HttpRequest>> Service::Signed(std::vector<Call>& calls) {
  const aws::Credentials credentials = TRY(credentials_.Get().Context(settings_.name));
  std::vector<HttpRequest> requests;
  requests.reserve(calls.size());
  for (Call& call : calls) {
    requests.push_back({.method = "POST",
                        .url = settings_.endpoint + "/",
                        .headers = {{"Content-Type", "application/x-amz-json-1.0"},
                                    {"X-Amz-Target", StrCat("DynamoDB_20120810.", call.operation)}},
                        .body = std::move(call.body),
                        .at_most_once = call.operation == "PutItem"});  // the one with a condition
    signer_.Sign(requests.back(), credentials, clock_.UnixMs());
  }
  return requests;
}

Error Service::Located(Error error, std::string_view operation) const {
  return std::move(error).Context(StrCat(settings_.name, ": ", operation, " at ", settings_.server()));
}

Result<std::string> Service::Judged(Result<HttpResponse> response, std::string_view operation) const {
  if (response.ok()) {
    if (response.value().status != 200) return ErrorOf(response.value(), operation, settings_);
    return std::move(response.value().body);
  }
  Error error = std::move(response).error().Context(StrCat(settings_.name, ": ", operation));
  // This one exchange took too long; whether there is time for another is the caller's to say.
  if (error.code == Code::kTimeout) error.code = Code::kUnavailable;
  return error;
}

void Service::SendAll(std::vector<Call> calls, const Done& done) {
  if (calls.empty()) return;
  const Clock::Duration timeout = TimeoutOf(calls);
  const Result<std::vector<HttpRequest>> requests = Signed(calls);
  if (!requests.ok()) {
    for (std::size_t i = 0; i < calls.size(); ++i) done(i, requests.error());
    return;
  }
  http_.SendAll(requests.value(), timeout, [this, &calls, &done](std::size_t index, Result<HttpResponse> response) {
    done(index, Judged(std::move(response), calls[index].operation));
  });
}

Result<std::string> Service::Send(Call call) {
  std::vector<Call> calls;
  calls.push_back(std::move(call));
  Result<std::string> outcome = Error{Code::kInternal, "no answer"};
  SendAll(std::move(calls), [&outcome](std::size_t, Result<std::string> answer) { outcome = std::move(answer); });
  return outcome;
}

}  // namespace lambdaml::dynamodb
