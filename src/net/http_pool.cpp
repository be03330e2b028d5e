// SPDX-License-Identifier: Apache-2.0
#include "net/http_pool.h"

namespace lambdaml {

// A client that is borrowed for one call. The one that was used last is taken first: its connections are the least
// likely to have been closed meanwhile.
class HttpPool::Loan {
 public:
  explicit Loan(HttpPool& pool) : pool_(pool), client_(pool.TakeIdle()) {
    if (client_ == nullptr) client_ = std::make_unique<HttpClient>(pool.options_);
    opened_before_ = client_->connections_opened();
  }
  ~Loan() {
    const std::lock_guard lock(pool_.mutex_);
    pool_.connections_opened_ += client_->connections_opened() - opened_before_;
    pool_.idle_.push_back(std::move(client_));
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

  HttpClient& client() { return *client_; }

 private:
  HttpPool& pool_;
  std::unique_ptr<HttpClient> client_;
  std::size_t opened_before_ = 0;
};

std::unique_ptr<HttpClient> HttpPool::TakeIdle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  std::unique_ptr<HttpClient> client = std::move(idle_.back());
  idle_.pop_back();
  return client;
}

Result<HttpResponse> HttpPool::Send(const HttpRequest& request, Clock::Duration timeout) {
  return Loan(*this).client().Send(request, timeout);
}

void HttpPool::SendAll(std::span<const HttpRequest> requests, Clock::Duration timeout, const HttpClient::Done& done) {
  Loan(*this).client().SendAll(requests, timeout, done);
}

std::size_t HttpPool::connections_opened() const {
  const std::lock_guard lock(mutex_);
  return connections_opened_;
}

}  // namespace lambdaml
