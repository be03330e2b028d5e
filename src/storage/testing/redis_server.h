// SPDX-License-Identifier: Apache-2.0
#pragma once

// Real Redis or Valkey servers for tests. Nothing is saved: their values are gone after Stop.

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "storage/testing/server_process.h"

namespace lambdaml {

class RedisServer final : public TestServer {
 public:
  struct Options {
    std::string program = "redis-server";     // or valkey-server
    bool secure = false;                      // TLS, and a user with a password who may use the prefixes of NewUrl
    std::string password = {};                // of the default user; empty: everybody may come in
    std::vector<std::string> arguments = {};  // further ones, as --databases 1
  };

  static Result<std::shared_ptr<RedisServer>> Launch(const Options& options);

  // Whether there is such a program on this machine.
  static bool Installed(const std::string& program);

  std::string NewUrl(std::string_view settings = {}) override;
  Environment environment() const override;
  std::string UrlWithWrongCredentials() override;
  std::string UrlWithUnknownCertificate() override;
  void Stop() override { process_.Stop(); }
  Result<void> Start() override;
  std::string address() const override;

  int port() const { return port_; }
  const Certificates& certificates() const { return certificates_; }

  // What the server answers to a command, as redis-cli prints it.
  Result<std::string> Ask(const std::vector<std::string>& command) const;

 private:
  RedisServer(Options options, TemporaryFolder folder) : options_(std::move(options)), folder_(std::move(folder)) {}

  std::string Url(std::string_view password, std::string_view settings);
  Result<void> WriteConfiguration();

  Options options_;
  TemporaryFolder folder_;
  Certificates certificates_;
  int port_ = FreePort();
  std::atomic<int> urls_{0};
  ServerProcess process_;
};

}  // namespace lambdaml
