// SPDX-License-Identifier: Apache-2.0
#pragma once

// Requests to one bucket: builds them, signs each once, and sends many at a time. May be used from several threads.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/environment.h"
#include "base/key.h"
#include "net/aws/credentials.h"
#include "net/aws/sigv4.h"
#include "net/http_pool.h"
#include "storage/s3/location.h"
#include "storage/s3/session.h"

namespace lambdaml::s3 {

// Of requests that are under way at the same time.
inline constexpr std::size_t kRequestsAtOnceMax = 1000;

class Bucket {
 public:
  // `clock` must outlive it.
  Bucket(Location location, Environment environment, Clock& clock);

  // Not yet signed. `query` without its '?', encoded, with a '=' for each name.
  HttpRequest ForObject(std::string_view method, const Key& key, std::string_view query = {}) const;
  HttpRequest ForBucket(std::string_view method, std::string_view query) const;

  // Any answer of the server is a response; an Error is kUnavailable when there is none, or kInvalid.
  using Answers = std::vector<Result<HttpResponse>>;

  // One for each request, in order. If some succeed, then those for which the server was too busy, or whose connection
  // broke, are sent again, a few times: else a large batch, or a value in many parts, would start from its begin for
  // one of them. A conditional PUT is not: it may have taken effect.
  Answers SendAll(std::vector<HttpRequest> requests);
  Result<HttpResponse> Send(HttpRequest request);

  const Location& location() const { return location_; }

 private:
  Result<aws::Credentials> Credentials();
  Result<void> SignAll(std::span<HttpRequest> requests);
  void SendWindow(std::vector<HttpRequest> requests, std::span<Result<HttpResponse>> answers);
  Clock::Duration TimeFor(std::span<const HttpRequest> requests) const;
  Error Unanswered(Error error) const;

  const Location location_;
  Clock& clock_;
  HttpPool http_;
  aws::CredentialChain chain_;
  aws::Signer signer_;
  Session session_;
};

}  // namespace lambdaml::s3
