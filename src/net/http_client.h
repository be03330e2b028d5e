// SPDX-License-Identifier: Apache-2.0
#pragma once

// An HTTP client over libcurl that keeps its connections open. One client serves one thread; several requests at once
// go through SendAll, which drives all of them from the caller's thread.
//
// Any answer of the server is a response, whatever its status. An Error means that there is none: kUnavailable when the
// connection could not be made or broke, kTimeout when the time was over, kInvalid for a URL or an answer that cannot
// be used, a server that is not trusted or that does not speak HTTP. Its message names the URL without user, password
// and query values.

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/http.h"

namespace lambdaml {

struct HttpClientOptions {
  std::size_t response_bytes_max = std::size_t{64} << 20U;
  Clock::Duration connect_timeout = std::chrono::seconds(5);
  std::size_t connections_max = 256;  // at once; further requests wait for one of them
  std::string ca_file = {};           // PEM, of whom to trust; empty: the system's
};

// For a request that may take for ever, such as a long poll.
inline constexpr Clock::Duration kNoTimeout = Clock::Duration::max();

class HttpClient {
 public:
  using Done = std::function<void(std::size_t index, Result<HttpResponse> response)>;

  explicit HttpClient(HttpClientOptions options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `timeout` covers the whole exchange.
  Result<HttpResponse> Send(const HttpRequest& request, Clock::Duration timeout);

  // Sends all requests at once, each on a connection of its own as far as `connections_max` allows, and calls `done`
  // with each one's index as it completes, on this thread. Returns when all are done, or were not within `timeout` of
  // now. `done` must not use this client.
  void SendAll(std::span<const HttpRequest> requests, Clock::Duration timeout, const Done& done);

  // Connections made so far: with TLS, as many handshakes.
  std::size_t connections_opened() const;

 private:
  class Connections;
  std::unique_ptr<Connections> connections_;
};

}  // namespace lambdaml
