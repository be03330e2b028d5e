// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the S3 servers of tests have in common: an account, a bucket in it, and stores in that bucket.

#include <atomic>
#include <string>
#include <string_view>

#include "base/environment.h"
#include "base/result.h"

namespace lambdaml {

struct S3Account {
  std::string access_key;
  std::string secret_key;

  Environment environment() const;
  Environment WithWrongSecret() const;  // the secret is "wrong-secret"
};

// A bucket of a server that listens on a port of this machine.
class S3Bucket {
 public:
  S3Bucket(int port, S3Account account, std::string name)
      : port_(port), account_(std::move(account)), name_(std::move(name)) {}

  Result<void> Create() const;

  // A store below a prefix that nobody else uses, at the bucket's own server, or at a proxy before it.
  std::string NewUrl(std::string_view settings);
  std::string NewUrlAt(std::string_view endpoint, std::string_view settings);

  std::string address() const;
  const S3Account& account() const { return account_; }
  const std::string& name() const { return name_; }

 private:
  int port_;
  S3Account account_;
  std::string name_;
  std::atomic<int> prefixes_{0};
};

}  // namespace lambdaml
