// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ceph's S3 server over a cluster of one monitor and one object store in memory: it verifies every signature. Takes
// five seconds to start. Stop and Start leave the cluster alone, so the data stays. It refuses every PUT with If-Match.

#include <memory>
#include <string>
#include <utility>

#include "storage/testing/s3_bucket.h"
#include "storage/testing/server_process.h"

namespace lambdaml {

class Radosgw final : public TestServer {
 public:
  static Result<std::shared_ptr<Radosgw>> Launch();

  std::string NewUrl(std::string_view settings = {}) override { return bucket_.NewUrl(settings); }
  Environment environment() const override { return bucket_.account().environment(); }
  std::string UrlWithWrongCredentials() override { return NewUrl(); }
  Environment EnvironmentWithWrongCredentials() const override { return bucket_.account().WithWrongSecret(); }
  void Stop() override { gateway_.Stop(); }
  Result<void> Start() override;
  std::string address() const override { return bucket_.address(); }

  S3Bucket& bucket() { return bucket_; }
  int port() const { return port_; }

 private:
  explicit Radosgw(TemporaryFolder folder);

  Result<void> StartCluster();
  Result<void> WriteConfiguration(const std::string& cluster_id) const;
  Result<void> MakeKeys() const;
  Result<void> StartMonitor(const std::string& cluster_id);
  Result<void> StartObjectStore();
  Result<void> MakeAccount() const;
  std::vector<std::string> Command(std::vector<std::string> words) const;  // with the configuration
  std::string File(std::string_view name) const;

  TemporaryFolder folder_;
  int monitor_port_ = FreePort();
  int port_ = FreePort();
  S3Bucket bucket_;
  ServerProcess monitor_;
  ServerProcess object_store_;
  ServerProcess gateway_;
};

}  // namespace lambdaml
