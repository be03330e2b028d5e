// SPDX-License-Identifier: Apache-2.0
#pragma once

// Real memcached servers for tests, and a stand-in for ElastiCache's configuration endpoint, which stock memcached
// lacks. Their items are gone after Stop.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "storage/testing/server_process.h"

namespace lambdaml {

class MemcachedServer final : public TestServer {
 public:
  struct Options {
    int memory_mb = 256;
    bool secure = false;                      // TLS, and a user with a password
    std::vector<std::string> arguments = {};  // further ones, as -I 8m
  };

  static Result<std::shared_ptr<MemcachedServer>> Launch(const Options& options);

  std::string NewUrl(std::string_view settings = {}) override;
  Environment environment() const override;
  std::string UrlWithWrongCredentials() override;
  std::string UrlWithUnknownCertificate() override;
  void Stop() override { process_.Stop(); }
  Result<void> Start() override;
  std::string address() const override;

  int port() const { return port_; }

 private:
  MemcachedServer(Options options, TemporaryFolder folder) : options_(std::move(options)), folder_(std::move(folder)) {}

  std::string Url(std::string_view password, std::string_view settings);
  std::vector<std::string> Command() const;

  Options options_;
  TemporaryFolder folder_;
  Certificates certificates_;
  int port_ = FreePort();
  std::atomic<int> urls_{0};
  ServerProcess process_;
};

// Answers `config get cluster` with the addresses of nodes, and anything else with ERROR.
class ConfigurationEndpoint {
 public:
  static Result<std::unique_ptr<ConfigurationEndpoint>> Launch(const std::vector<std::string>& nodes);
  ~ConfigurationEndpoint();

  std::string address() const;

 private:
  ConfigurationEndpoint(FileDescriptor socket, int port, std::string answer);
  void Serve() const;

  FileDescriptor socket_;
  int port_;
  std::string answer_;
  std::jthread thread_;
};

}  // namespace lambdaml
