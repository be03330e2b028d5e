// SPDX-License-Identifier: Apache-2.0
#pragma once

// Real servers for tests: a program in a folder of its own, listening on a free port of the loopback interface, ended
// by its process number when the test is over, and by the kernel should the test die first.

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "base/run_command.h"
#include "base/temporary_folder.h"
#include "storage/backend.h"

namespace lambdaml {

// A port that nobody listens on just now. Each call gives another one.
int FreePort();

// The path of what `./dev setup` installs outside Debian's packages, as TestTool("moto/bin/moto_server").
std::string TestTool(std::string_view name);

class ServerProcess {
 public:
  ServerProcess() = default;
  ServerProcess(ServerProcess&& other) noexcept : pid_(std::exchange(other.pid_, 0)), log_(std::move(other.log_)) {}
  ServerProcess& operator=(ServerProcess&& other) noexcept;
  ~ServerProcess() { Stop(); }

  // Starts `command`, whose output goes to the file `log`, and returns when `ready` says so. An error tells the end of
  // the log when the process ends first or is not ready within a minute. `variables` are set on top of the
  // environment of the test, as NAME=VALUE.
  static Result<ServerProcess> Start(const std::vector<std::string>& command, const std::string& log,
                                     const std::function<bool()>& ready,
                                     const std::vector<std::string>& variables = {});

  // Kills the process and waits for its end. Stopping twice does nothing.
  void Stop();

 private:
  ServerProcess(pid_t pid, std::string log) : pid_(pid), log_(std::move(log)) {}

  pid_t pid_ = 0;
  std::string log_;
};

// Whether something on this machine accepts connections on the port: for `ready`.
bool Listens(int port);

// A certificate authority of its own with one certificate for localhost and 127.0.0.1, and another authority that
// nobody knows.
struct Certificates {
  std::string authority;  // paths of PEM files
  std::string certificate;
  std::string key;
  std::string unknown_authority;

  // In the folder, readable by servers that run as another user.
  static Result<Certificates> Make(const std::string& folder);
};

// What the conformance suite of servers (server_conformance.h) needs of one.
class TestServer {
 public:
  virtual ~TestServer() = default;

  // A store on it that nobody else uses, empty. With `settings` ("retry=1s&x=y") in its query.
  virtual std::string NewUrl(std::string_view settings = {}) = 0;
  virtual Environment environment() const { return Environment(); }

  // Empty where the server knows no such thing.
  virtual std::string UrlWithWrongCredentials() { return {}; }
  virtual Environment EnvironmentWithWrongCredentials() const { return environment(); }
  virtual std::string UrlWithUnknownCertificate() { return {}; }  // the server's certificate is of an unknown authority

  virtual void Stop() = 0;
  virtual Result<void> Start() = 0;         // on the same port as before
  virtual std::string address() const = 0;  // "127.0.0.1:6379", as an error names it
};

}  // namespace lambdaml
