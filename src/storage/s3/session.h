// SPDX-License-Identifier: Apache-2.0
#pragma once

// The credentials with which requests to a directory bucket (S3 Express One Zone) are signed: made by CreateSession,
// good for five minutes, made again after four. May be used from any thread.
//
// Written from the public documentation ("CreateSession", Amazon S3 API Reference), and tested against a stand-in
// that follows it: no server but AWS's own has directory buckets.

#include <cstdint>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "net/aws/credentials.h"
#include "net/aws/sigv4.h"
#include "net/http_pool.h"
#include "storage/s3/location.h"

namespace lambdaml::s3 {

class Session {
 public:
  // All must outlive it.
  Session(const Location& location, HttpPool& http, aws::Signer& signer, Clock& clock)
      : location_(location), http_(http), signer_(signer), clock_(clock) {}

  // `user` are those of the bucket's user.
  Result<aws::Credentials> Get(const aws::Credentials& user);

 private:
  Result<aws::Credentials> Create(const aws::Credentials& user);

  const Location& location_;
  HttpPool& http_;
  aws::Signer& signer_;
  Clock& clock_;
  std::mutex mutex_;
  std::optional<aws::Credentials> current_;
  std::int64_t made_unix_ms_ = 0;
};

}  // namespace lambdaml::s3
