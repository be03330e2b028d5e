// SPDX-License-Identifier: Apache-2.0
#include "net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace lambdaml {

namespace {

// Of what one easy handle holds between two requests. curl's own default of connections kept is four per handle.
constexpr std::size_t kIdleHandlesMax = 64;
constexpr long kIdleConnectionsMax = 256;

using Milliseconds = std::chrono::milliseconds;

// curl reads 0 as "none", so a time-out that is over already becomes the shortest there is.
long CurlMilliseconds(Clock::Duration timeout) {
  if (timeout == kNoTimeout) return 0;
  const auto ms = std::chrono::ceil<Milliseconds>(timeout).count();
  return static_cast<long>(std::clamp<std::int64_t>(ms, 1, std::int64_t{1} << 30U));
}

Code CodeOf(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return Code::kTimeout;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_WRITE_ERROR:
    case CURLE_WEIRD_SERVER_REPLY: return Code::kInvalid;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT: return Code::kInternal;
    default: return Code::kUnavailable;
  }
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
  std::size_t response_bytes_max = 0;
  HeaderList headers;
  HttpResponse response;
  bool too_long = false;
  std::array<char, CURL_ERROR_SIZE> error_text{};
};

std::size_t TakeBody(const char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::size_t bytes = size * count;
  exchange.too_long = exchange.response.body.size() + bytes > exchange.response_bytes_max;
  if (exchange.too_long) return 0;
  exchange.response.body.append(data, bytes);
  return bytes;
}

std::size_t TakeHeader(const char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size * count);
  const std::size_t colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    exchange.response.headers.clear();  // of an interim response (100, 103)
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

void SetMethod(CURL* easy, const HttpRequest& request) {
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET" || !request.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

void Prepare(Exchange& exchange, const HttpClientOptions& options, Clock::Duration timeout) {
  CURL* easy = exchange.easy.get();
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_URL, exchange.request->url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // the environment is not ours to read
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CurlMilliseconds(options.connect_timeout));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, CurlMilliseconds(timeout));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange.error_text.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &TakeBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &TakeHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &exchange);
  exchange.headers = CurlHeaders(*exchange.request);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange.headers.get());
  SetMethod(easy, *exchange.request);
}

Result<HttpResponse> Conclude(Exchange& exchange, CURLcode code, std::size_t bytes_max) {
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(exchange.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    exchange.response.status = static_cast<int>(status);
    return std::move(exchange.response);
  }
  const std::string_view said(exchange.error_text.data());
  const std::string cause = exchange.too_long ? StrCat("the response is larger than ", bytes_max, " bytes")
                                              : std::string(said.empty() ? curl_easy_strerror(code) : said);
  return Error{CodeOf(code), StrCat(exchange.request->method, " ", WithoutSecrets(exchange.request->url), ": ", cause)};
}

}  // namespace

// The multi handle, which keeps the connections, and idle easy handles.
class HttpClient::Connections {
 public:
  explicit Connections(HttpClientOptions options_in) : options(options_in), multi_(curl_multi_init()) {
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnectionsMax);
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  }
  ~Connections() {
    idle_.clear();
    curl_multi_cleanup(multi_);
  }
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  void Begin(Exchange& exchange, Clock::Duration timeout) {
    exchange.easy = TakeEasy();
    exchange.response_bytes_max = options.response_bytes_max;
    Prepare(exchange, options, timeout);
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
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &user);
    auto& exchange = *reinterpret_cast<Exchange*>(user);
    Result<HttpResponse> response = Conclude(exchange, code, options.response_bytes_max);
    curl_multi_remove_handle(multi_, easy);
    if (idle_.size() < kIdleHandlesMax) idle_.push_back(std::move(exchange.easy));
    exchange.easy.reset();
    exchange.headers.reset();
    done(exchange.index, std::move(response));
  }

  CURLM* multi_;
  std::vector<Easy> idle_;
};

HttpClient::HttpClient(HttpClientOptions options) : connections_(std::make_unique<Connections>(options)) {}

HttpClient::~HttpClient() = default;

Result<HttpResponse> HttpClient::Send(const HttpRequest& request, Clock::Duration timeout) {
  Result<HttpResponse> answer = Error{Code::kInternal, "the request was not sent"};
  SendAll({&request, 1}, timeout,
          [&answer](std::size_t, Result<HttpResponse> response) { answer = std::move(response); });
  return answer;
}

void HttpClient::SendAll(std::span<const HttpRequest> requests, Clock::Duration timeout, const Done& done) {
  std::vector<Exchange> exchanges(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    exchanges[i].request = &requests[i];
    exchanges[i].index = i;
    connections_->Begin(exchanges[i], timeout);
  }
  std::size_t pending = requests.size();
  while (pending > 0) pending -= connections_->Advance(done);
}

}  // namespace lambdaml
