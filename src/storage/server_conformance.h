// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a store over a server does when the server goes away, does not let it in, is not who it says, or is something
// else: the same tests for every backend that has a server. Together with storage/store_conformance.h.
//
//   INSTANTIATE_TEST_SUITE_P(Redis, ServerConformance, ::testing::Values(ServerMaker{"redis", StartRedis}));

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>

#include "base/clock.h"
#include "storage/registry.h"
#include "storage/testing/server_process.h"

namespace lambdaml {

struct ServerMaker {
  std::string name;
  std::shared_ptr<TestServer> (*start)();  // a server that the test may stop; may be the same one each time

  friend std::ostream& operator<<(std::ostream& out, const ServerMaker& maker) { return out << maker.name; }
};

class ServerConformance : public ::testing::TestWithParam<ServerMaker> {
 protected:
  // A store over a URL of the server.
  Result<std::unique_ptr<Store>> Open(const std::string& url) {
    return OpenStore(url, {.clock = clock_, .environment = server_->environment()});
  }

  std::shared_ptr<TestServer> server_ = GetParam().start();
  SystemClock clock_;
};

}  // namespace lambdaml
