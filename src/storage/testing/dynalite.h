// SPDX-License-Identifier: Apache-2.0
#pragma once

// DynamoDB as dynalite has it: with the service's limits and conditions, but without its signatures, its time to live
// and its throttling. Each URL is a prefix of its own in one table. Its data outlives Stop and Start.

#include <memory>
#include <string>

#include "storage/testing/nginx.h"
#include "storage/testing/server_process.h"

namespace lambdaml {

class Dynalite final : public TestServer {
 public:
  static Result<std::shared_ptr<Dynalite>> Launch();

  std::string NewUrl(std::string_view settings = {}) override;
  Environment environment() const override;

  // Of a server that checks signatures and knows nobody.
  std::string UrlWithWrongCredentials() override;
  Environment EnvironmentWithWrongCredentials() const override;
  std::string UrlWithUnknownCertificate() override;

  void Stop() override { process_.Stop(); }
  Result<void> Start() override;
  std::string address() const override;
  std::string endpoint() const;  // with its scheme

  // Whether the certificate's authority is known is up to ca=.
  std::string NewTlsUrl(const std::string& ca_file);
  const Certificates& certificates() const { return certificates_; }

 private:
  Dynalite(TemporaryFolder folder, Certificates certificates)
      : folder_(std::move(folder)), certificates_(std::move(certificates)) {}

  Result<void> CreateTable();
  std::string File(std::string_view name) const;

  TemporaryFolder folder_;
  Certificates certificates_;
  int port_ = FreePort();
  int strict_port_ = FreePort();
  int urls_ = 0;
  ServerProcess process_;
  ServerProcess strict_;
  std::shared_ptr<Nginx> tls_;
};

}  // namespace lambdaml
