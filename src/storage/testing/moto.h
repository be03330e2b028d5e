// SPDX-License-Identifier: Apache-2.0
#pragma once

// moto's server: most of AWS's services in one process, kept in memory, quick to start and slow to answer. It does not
// check signatures. Its data is gone after Stop.

#include <memory>
#include <string>

#include "base/environment.h"
#include "storage/testing/s3_bucket.h"
#include "storage/testing/server_process.h"

namespace lambdaml {

class Moto {
 public:
  static Result<std::shared_ptr<Moto>> Launch();

  void Stop() { process_.Stop(); }
  Result<void> Start();  // on the same port as before, with a bucket and nothing else

  int port() const { return port_; }
  std::string address() const { return bucket_.address(); }
  Environment environment() const { return bucket_.account().environment(); }
  S3Bucket& bucket() { return bucket_; }

 private:
  explicit Moto(TemporaryFolder folder) : folder_(std::move(folder)) {}

  TemporaryFolder folder_;
  int port_ = FreePort();
  S3Bucket bucket_{port_, {.access_key = "test-access", .secret_key = "test-secret"}, "bucket"};
  ServerProcess process_;
};

}  // namespace lambdaml
