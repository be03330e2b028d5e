// SPDX-License-Identifier: Apache-2.0
#include "storage/s3/bucket.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "storage/s3/refusal.h"

namespace lambdaml::s3 {

namespace {

// Enough to hide the latency of 64 requests and more, and still few beside the 1,024 descriptors of a function.
constexpr std::size_t kConnectionsMax = 96;

// What is signed ahead of its sending, and how long it may take: a signature is good for 15 minutes.
constexpr std::size_t kBytesAtOnceMax = std::size_t{256} << 20U;
constexpr std::chrono::seconds kTimeForAnswers{60};
constexpr std::chrono::seconds kTimePerAnswer{1};  // of up to 8 MiB
constexpr double kBytesPerSecondMin = 1e6;

// Of sending again what failed while others succeeded.
constexpr int kTriesMax = 5;
constexpr std::chrono::milliseconds kPauseMin{50};
constexpr std::chrono::milliseconds kPauseMax{2000};

bool IsConditionalPut(const HttpRequest& request) {
  return request.method == "PUT" && (request.headers.contains("If-None-Match") || request.headers.contains("If-Match"));
}

bool IsBusy(const HttpResponse& response) {
  return response.status == 429 || (response.status >= 500 && response.status != 501);
}

bool Failed(const Result<HttpResponse>& answer) {
  return answer.ok() ? IsBusy(answer.value()) : answer.error().code == Code::kUnavailable;
}

std::size_t BytesOf(const HttpRequest& request) { return request.payload().size() + request.receive.size(); }

// How many requests from the first on go together.
std::size_t WindowOf(std::span<const HttpRequest> requests) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < requests.size() && count < kRequestsAtOnceMax && (count == 0 || bytes < kBytesAtOnceMax)) {
    bytes += BytesOf(requests[count++]);
  }
  return count;
}

// Which of them to send again.
std::vector<std::size_t> ToSendAgain(std::span<const HttpRequest> requests,
                                     std::span<const Result<HttpResponse>* const> answers) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (Failed(*answers[i]) && !IsConditionalPut(requests[i])) places.push_back(i);
  }
  return places;
}

// For as long as the most patient of the servers' answers asks, but ever longer.
Clock::Duration PauseAfter(int tries, std::span<const Result<HttpResponse>* const> answers) {
  Clock::Duration pause = kPauseMin * (1 << tries);
  for (const Result<HttpResponse>* const answer : answers) {
    if (answer->ok()) pause = std::max<Clock::Duration>(pause, RetryAfter(answer->value()));
  }
  return pause;
}

template <class T>
void KeepOnly(std::vector<T>& elements, std::span<const std::size_t> ascending) {
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    if (ascending[i] != i) elements[i] = std::move(elements[ascending[i]]);
  }
  elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(ascending.size()), elements.end());
}

}  // namespace

Bucket::Bucket(Location location, Environment environment, Clock& clock)
    : location_(std::move(location)),
      clock_(clock),
      http_({.connections_max = kConnectionsMax, .ca_file = location_.ca_file}),
      chain_(std::move(environment), clock),
      signer_({.service = location_.kind == BucketKind::kDirectory ? "s3express" : "s3", .region = location_.region}),
      session_(location_, http_, signer_, clock) {}

HttpRequest Bucket::ForObject(std::string_view method, const Key& key, std::string_view query) const {
  std::string url = location_.root + aws::EncodePath(location_.prefix + key.text());
  if (!query.empty()) url.append(1, '?').append(query);
  return {.method = std::string(method), .url = std::move(url)};
}

HttpRequest Bucket::ForBucket(std::string_view method, std::string_view query) const {
  return {.method = std::string(method), .url = StrCat(location_.root, "?", query)};
}

Result<HttpResponse> Bucket::Send(HttpRequest request) {
  std::vector<HttpRequest> requests;
  requests.push_back(std::move(request));
  return std::move(SendAll(std::move(requests)).front());
}

Bucket::Answers Bucket::SendAll(std::vector<HttpRequest> requests) {
  Answers answers(requests.size(), Error{Code::kInternal, "the request was not sent"});
  for (std::size_t begin = 0; begin < requests.size();) {
    const auto window = std::span(requests).subspan(begin, WindowOf(std::span(requests).subspan(begin)));
    SendWindow({std::make_move_iterator(window.begin()), std::make_move_iterator(window.end())},
               std::span(answers).subspan(begin, window.size()));
    begin += window.size();
  }
  return answers;
}

void Bucket::SendWindow(std::vector<HttpRequest> requests, std::span<Result<HttpResponse>> answers) {
  const Result<void> signed_all = SignAll(requests);
  if (!signed_all.ok()) {
    std::ranges::fill(answers, Result<HttpResponse>(signed_all.error()));
    return;
  }
  std::vector<Result<HttpResponse>*> pending;
  for (Result<HttpResponse>& answer : answers) pending.push_back(&answer);
  for (int tries = 0;; ++tries) {
    http_.SendAll(requests, TimeFor(requests), [this, &pending](std::size_t index, Result<HttpResponse> answer) {
      *pending[index] = answer.ok() ? std::move(answer) : Unanswered(std::move(answer).error());
    });
    if (tries == 0 && std::ranges::all_of(answers, Failed)) return;  // the server is away: not a matter of this layer
    const std::vector<std::size_t> again = ToSendAgain(requests, pending);
    KeepOnly(requests, again);
    KeepOnly(pending, again);
    const Clock::Duration pause = PauseAfter(tries, pending);
    if (requests.empty() || tries + 1 == kTriesMax || pause > kPauseMax) return;
    clock_.SleepUntil(clock_.Now() + pause);
  }
}

Result<void> Bucket::SignAll(std::span<HttpRequest> requests) {
  const aws::Credentials credentials = TRY(Credentials());
  const auto payload = location_.secure() ? aws::PayloadHash::kUnsigned : aws::PayloadHash::kSigned;
  const bool directory = location_.kind == BucketKind::kDirectory;
  const std::string_view token_header = directory ? "x-amz-s3session-token" : "X-Amz-Security-Token";
  for (HttpRequest& request : requests) {
    signer_.Sign(request, credentials, clock_.UnixMs(), payload, token_header);
  }
  return {};
}

Result<aws::Credentials> Bucket::Credentials() {
  aws::Credentials user = TRY(chain_.Get().Context(location_.name));
  if (location_.kind == BucketKind::kGeneral) return user;
  return session_.Get(user);
}

Clock::Duration Bucket::TimeFor(std::span<const HttpRequest> requests) const {
  double bytes = 0;
  for (const HttpRequest& request : requests) bytes += static_cast<double>(BytesOf(request));
  const auto count = static_cast<std::int64_t>(requests.size());
  return kTimeForAnswers + count * kTimePerAnswer + FromSeconds(bytes / kBytesPerSecondMin);
}

Error Bucket::Unanswered(Error error) const {
  // A time-out of one request is not the deadline of the caller.
  if (error.code == Code::kTimeout) error.code = Code::kUnavailable;
  if (error.code == Code::kUnavailable) error.message += "; check that the endpoint is right and can be reached";
  return std::move(error).Context(location_.name);
}

}  // namespace lambdaml::s3
