// SPDX-License-Identifier: Apache-2.0
#pragma once

// What can be set of the local platform beyond what every platform has.

#include <cstdint>
#include <string>
#include <vector>

namespace lambdaml::local {

inline constexpr std::int64_t kConcurrency = 1000;  // what an account on AWS has by default

struct LocalOptions {
  // Stands before the bootstrap program: a sandbox such as bubblewrap. It must run the program in its own process group
  // and let it die with itself, and leave it the loopback network and the folder that TMPDIR names.
  std::vector<std::string> launcher = {};
  std::int64_t reserved_concurrency = kConcurrency;
  double retry_delay_factor = 1;  // 1: after 1 and 2 minutes, as on AWS
  int event_deliveries = 1;       // 2: every event arrives twice, as may happen on AWS
};

}  // namespace lambdaml::local
