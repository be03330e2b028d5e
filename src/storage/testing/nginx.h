// SPDX-License-Identifier: Apache-2.0
#pragma once

// nginx before a server of this machine, which it makes slow, overloaded or unreliable, or reachable over TLS. What
// passes is not changed, so that signatures stay valid, unless conditions are dropped.

#include <memory>
#include <string>
#include <vector>

#include "storage/testing/server_process.h"

namespace lambdaml {

// Of `one_in` = N requests the last is treated so; 0: none.
struct NginxOptions {
  int port_behind = 0;
  std::string folder = {};  // instead of a server: its files are sent, as fast as any server could
  int latency_ms = 0;
  int throttled_one_in = 0;  // answered with 503 SlowDown and a Retry-After of one second
  int dropped_one_in = 0;    // the connection is closed without an answer, after the server behind has got the request
  int cut_one_in = 0;        // the connection is closed in the middle of the answer's body, if that is a large one
  bool one_at_a_time = false;     // for a server that looks and writes in two steps
  bool drops_conditions = false;  // If-None-Match and If-Match do not reach the server
  const Certificates* tls = nullptr;
};

class Nginx {
 public:
  static Result<std::shared_ptr<Nginx>> Launch(const NginxOptions& options);

  int port() const { return port_; }
  std::string address() const;
  std::string endpoint() const;  // with its scheme

  void Stop() { process_.Stop(); }
  Result<void> Start();  // on the same port as before

  // One for each request that is answered, in this order: which connection it came on, the first one having the lowest
  // number.
  Result<std::vector<int>> ConnectionsOfRequests() const;

 private:
  Nginx(TemporaryFolder folder, bool tls) : folder_(std::move(folder)), tls_(tls) {}

  std::string Configuration(const NginxOptions& options) const;
  std::string File(std::string_view name) const;

  TemporaryFolder folder_;
  bool tls_;
  int port_ = FreePort();
  ServerProcess process_;
};

}  // namespace lambdaml
