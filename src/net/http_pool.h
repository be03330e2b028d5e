// SPDX-License-Identifier: Apache-2.0
#pragma once

// HTTP clients that several threads share: each call borrows one and gives it back, so that connections are kept open.

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "net/http_client.h"

namespace lambdaml {

class HttpPool {
 public:
  explicit HttpPool(HttpClientOptions options) : options_(std::move(options)) {}

  // As the functions of HttpClient.
  Result<HttpResponse> Send(const HttpRequest& request, Clock::Duration timeout);
  void SendAll(std::span<const HttpRequest> requests, Clock::Duration timeout, const HttpClient::Done& done);

  // Connections made so far, by all clients.
  std::size_t connections_opened() const;

 private:
  class Loan;
  std::unique_ptr<HttpClient> TakeIdle();  // null when all are in use

  const HttpClientOptions options_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<HttpClient>> idle_;
  std::size_t connections_opened_ = 0;
};

}  // namespace lambdaml
