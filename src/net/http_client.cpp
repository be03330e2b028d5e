// SPDX-License-Identifier: Apache-2.0
#include "net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/text.h"

namespace lambdaml {

namespace {

constexpr long kReceiveBufferBytes = 256L * 1024L;
constexpr long kSendBufferBytes = 512L * 1024L;

using Milliseconds = std::chrono::milliseconds;

// curl reads 0 as "none", so a time-out that is over already becomes the shortest there is.
long CurlMilliseconds(Clock::Duration timeout) {
  if (timeout == kNoTimeout) return 0;
  const auto ms = std::chrono::ceil<Milliseconds>(timeout).count();
  return static_cast<long>(std::clamp<std::int64_t>(ms, 1, std::int64_t{1} << 30U));
}

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct HeaderListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using HeaderList = std::unique_ptr<curl_slist, HeaderListDeleter>;

// One request on its way; curl holds pointers into it, so it does not move.
struct Exchange {
  Easy easy;
  const HttpRequest* request = nullptr;
  std::size_t index = 0;
  Clock::Duration timeout{};
  HeaderList headers;
  HttpResponse response;
  bool headers_ended = false;
  bool body_begun = false;
  bool received_in_place = false;  // the body goes to request->receive
  std::size_t body_bytes = 0;
  std::size_t body_bytes_max = 0;
  bool too_long = false;
  std::array<char, CURL_ERROR_SIZE> error_text{};
};

// Decides where the body goes, and makes room for all of it, so that it is not copied as it grows.
void BeginBody(Exchange& exchange) {
  exchange.body_begun = true;
  long status = 0;
  curl_off_t length = -1;
  curl_easy_getinfo(exchange.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(exchange.easy.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  exchange.received_in_place = exchange.request->receive.data() != nullptr && status >= 200 && status < 300;
  if (exchange.received_in_place) exchange.body_bytes_max = exchange.request->receive.size();
  exchange.too_long = length > 0 && static_cast<std::size_t>(length) > exchange.body_bytes_max;
  if (length > 0 && !exchange.too_long && !exchange.received_in_place) {
    exchange.response.body.reserve(static_cast<std::size_t>(length));
  }
}

std::size_t TakeBody(const char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::size_t bytes = size * count;
  if (!exchange.body_begun) BeginBody(exchange);
  exchange.too_long = exchange.too_long || bytes > exchange.body_bytes_max - exchange.body_bytes;
  if (exchange.too_long) return 0;
  if (exchange.received_in_place) {
    std::memcpy(exchange.request->receive.data() + exchange.body_bytes, data, bytes);
    exchange.response.received_bytes += bytes;
  } else {
    exchange.response.body.append(data, bytes);
  }
  exchange.body_bytes += bytes;
  return bytes;
}

std::size_t TakeHeader(const char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size * count);
  const std::size_t colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    exchange.response.headers.clear();  // of an interim response (100, 103)
    exchange.headers_ended = false;
  } else if (Trim(line).empty()) {
    exchange.headers_ended = true;
  } else if (colon != std::string_view::npos) {
    exchange.response.headers.insert_or_assign(std::string(Trim(line.substr(0, colon))),
                                               std::string(Trim(line.substr(colon + 1))));
  }
  return line.size();
}

HeaderList CurlHeaders(const HttpRequest& request) {
  // Without this, curl waits up to a second for "100 Continue" before it sends a large body.
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  if (Find(request.headers, "Content-Type").empty()) list = curl_slist_append(list, "Content-Type:");
  for (const auto& [name, value] : request.headers) {
    // curl drops a header that ends in ':' and sends an empty one for ';'.
    const std::string line = value.empty() ? StrCat(name, ";") : StrCat(name, ": ", value);
    list = curl_slist_append(list, line.c_str());
  }
  return HeaderList(list);
}

void SetMethodAndBody(CURL* easy, const HttpRequest& request) {
  const ByteSpan payload = request.payload();
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET" || !payload.empty()) {
    // Not copied by curl; never null, which would mean "ask the read callback".
    const char* const data = payload.empty() ? "" : reinterpret_cast<const char*>(payload.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(payload.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, data);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kSendBufferBytes);
  }
}

void SetTrust(CURL* easy, const HttpClientOptions& options) {
  if (!options.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  // The folder of the system would be trusted besides the file, and keeps curl from remembering what it has read: it
  // would parse all authorities for each connection.
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
}

void Prepare(Exchange& exchange, const HttpClientOptions& options) {
  CURL* easy = exchange.easy.get();
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_URL, exchange.request->url.c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);  // "a/../b" is a name in an object store
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // the environment is not ours to read
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CurlMilliseconds(options.connect_timeout));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, CurlMilliseconds(exchange.timeout));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange.error_text.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &TakeBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &TakeHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &exchange);
  exchange.body_bytes_max = options.response_bytes_max;
  exchange.headers = CurlHeaders(*exchange.request);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange.headers.get());
  SetTrust(easy, options);
  if (exchange.request->at_most_once) curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  SetMethodAndBody(easy, *exchange.request);
}

bool Contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// The server took no connection in time, although the time for the whole exchange was not over.
bool ConnectTimedOut(const Exchange& exchange, const HttpClientOptions& options) {
  curl_off_t until_request_us = 0;
  curl_easy_getinfo(exchange.easy.get(), CURLINFO_PRETRANSFER_TIME_T, &until_request_us);
  return until_request_us == 0 && options.connect_timeout < exchange.timeout;
}

struct Failure {
  Code code;
  std::string cause;
};

// A handshake fails because the two sides cannot agree, or because the connection broke meanwhile.
Failure HandshakeFailure(std::string cause) {
  const bool broke = !Contains(cause, "SSL routines") || Contains(cause, "unexpected eof");
  if (broke) return {Code::kUnavailable, std::move(cause)};
  return {Code::kInvalid, StrCat("the server does not speak TLS as this client does: ", cause)};
}

Failure FailureOf(const Exchange& exchange, CURLcode code, const HttpClientOptions& options) {
  const std::string_view said(exchange.error_text.data());
  std::string cause(said.empty() ? curl_easy_strerror(code) : said);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return {ConnectTimedOut(exchange, options) ? Code::kUnavailable : Code::kTimeout, std::move(cause)};
    case CURLE_WRITE_ERROR:
      return {Code::kInvalid, StrCat("the response is larger than ", exchange.body_bytes_max, " bytes")};
    case CURLE_WEIRD_SERVER_REPLY: return {Code::kInvalid, StrCat("the server does not speak HTTP: ", cause)};
    case CURLE_UNSUPPORTED_PROTOCOL:
      if (Contains(cause, "HTTP/0.9")) cause = "the server does not speak HTTP";
      return {Code::kInvalid, std::move(cause)};
    case CURLE_URL_MALFORMAT: return {Code::kInvalid, std::move(cause)};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
      return {Code::kInvalid,
              StrCat("the server's certificate is not trusted (", cause, "): name its authority's file")};
    case CURLE_SSL_CONNECT_ERROR: return HandshakeFailure(std::move(cause));
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT: return {Code::kInternal, std::move(cause)};
    default: return {Code::kUnavailable, std::move(cause)};
  }
}

Error ErrorOf(const HttpRequest& request, const Failure& failure) {
  return {failure.code, StrCat(request.method, " ", WithoutSecrets(request.url), ": ", failure.cause)};
}

Result<HttpResponse> Conclude(Exchange& exchange, CURLcode code, const HttpClientOptions& options) {
  if (code == CURLE_OK && !exchange.headers_ended) {  // which is fine for curl
    return ErrorOf(*exchange.request, {Code::kUnavailable, "the connection was closed within the headers"});
  }
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(exchange.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    exchange.response.status = static_cast<int>(status);
    return std::move(exchange.response);
  }
  return ErrorOf(*exchange.request, FailureOf(exchange, code, options));
}

}  // namespace

// The multi handle, which keeps the connections, and idle easy handles.
class HttpClient::Connections {
 public:
  explicit Connections(HttpClientOptions options_in) : options(std::move(options_in)), multi_(curl_multi_init()) {
    const auto count = static_cast<long>(options.connections_max);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, count);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, count + 1);  // by default it keeps four for each request under way
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  }
  ~Connections() {
    idle_.clear();
    curl_multi_cleanup(multi_);
  }
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  void Begin(Exchange& exchange) {
    exchange.easy = TakeEasy();
    Prepare(exchange, options);
    curl_multi_add_handle(multi_, exchange.easy.get());
  }

  // Blocks until something happens and hands out every exchange that is complete; returns how many those were.
  std::size_t Advance(const Done& done) {
    int running = 0;
    curl_multi_perform(multi_, &running);
    std::size_t completed = 0;
    int queued = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &queued)) {
      if (message->msg != CURLMSG_DONE) continue;
      Complete(message->easy_handle, message->data.result, done);
      ++completed;
    }
    constexpr int kPollMs = 1000;  // curl shortens it to its next time-out
    if (completed == 0) curl_multi_poll(multi_, nullptr, 0, kPollMs, nullptr);
    return completed;
  }

  std::size_t opened() const { return opened_; }

  const HttpClientOptions options;

 private:
  Easy TakeEasy() {
    if (idle_.empty()) return Easy(curl_easy_init());
    Easy easy = std::move(idle_.back());
    idle_.pop_back();
    return easy;
  }

  void Complete(CURL* easy, CURLcode code, const Done& done) {
    char* user = nullptr;
    long opened = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &user);
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &opened);
    opened_ += static_cast<std::size_t>(opened);
    auto& exchange = *reinterpret_cast<Exchange*>(user);
    Result<HttpResponse> response = Conclude(exchange, code, options);
    curl_multi_remove_handle(multi_, easy);
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kSendBufferBytes);  // which frees the buffer
    idle_.push_back(std::move(exchange.easy));
    exchange.headers.reset();
    done(exchange.index, std::move(response));
  }

  CURLM* multi_;
  std::vector<Easy> idle_;  // never more than `connections_max`
  std::size_t opened_ = 0;
};

HttpClient::HttpClient(HttpClientOptions options) : connections_(std::make_unique<Connections>(std::move(options))) {}

HttpClient::~HttpClient() = default;

std::size_t HttpClient::connections_opened() const { return connections_->opened(); }

Result<HttpResponse> HttpClient::Send(const HttpRequest& request, Clock::Duration timeout) {
  Result<HttpResponse> answer = Error{Code::kInternal, "the request was not sent"};
  SendAll({&request, 1}, timeout,
          [&answer](std::size_t, Result<HttpResponse> response) { answer = std::move(response); });
  return answer;
}

void HttpClient::SendAll(std::span<const HttpRequest> requests, Clock::Duration timeout, const Done& done) {
  // curl could queue what is above its limit itself, but looks at every request whenever one of them moves.
  const SystemClock clock;
  const Clock::Time start = clock.Now();
  const std::size_t at_once = std::max<std::size_t>(connections_->options.connections_max, 1);
  std::vector<Exchange> exchanges(requests.size());
  std::size_t begun = 0;
  std::size_t completed = 0;
  while (completed < requests.size()) {
    for (; begun < requests.size() && begun - completed < at_once; ++begun) {
      Exchange& exchange = exchanges[begun];
      exchange.request = &requests[begun];
      exchange.index = begun;
      exchange.timeout = timeout == kNoTimeout ? kNoTimeout : timeout - (clock.Now() - start);
      if (exchange.timeout > Clock::Duration::zero()) {
        connections_->Begin(exchange);
      } else {
        done(begun, ErrorOf(requests[begun], {Code::kTimeout, "the time was over before it was sent"}));
        ++completed;
      }
    }
    if (completed < begun) completed += connections_->Advance(done);
  }
}

}  // namespace lambdaml
