// SPDX-License-Identifier: Apache-2.0
#pragma once

// Makes a fast channel as slow as another: each call takes at least a latency, with a seeded spread, plus its bytes
// over a bandwidth. A batch is one call. For experiments and tests.

#include <cstdint>
#include <memory>

#include "storage/store.h"

namespace lambdaml {

struct LatencyOptions {
  Clock::Duration latency{};
  Clock::Duration spread{};     // uniform, on top of the latency
  double bytes_per_second = 0;  // of this store's user; 0: unlimited
  std::uint64_t seed = 0;
};

// `clock` must outlive the store.
std::unique_ptr<Store> WithLatency(std::unique_ptr<Store> store, Clock& clock, const LatencyOptions& options);

}  // namespace lambdaml
