// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a channel does on a bad day, drawn from a seed: calls that take long, calls that fail, writes that take effect
// though their answer is lost, and lists that do not yet know what was just written or deleted.

#include <cstdint>
#include <memory>

#include "storage/store.h"

namespace lambdaml {

// Shares of calls, each from 0 to 1.
struct ChaosOptions {
  std::uint64_t seed = 0;
  double delays = 0;
  Clock::Duration delay_max = std::chrono::milliseconds(100);
  double errors = 0;        // kUnavailable, nothing done
  double lost_replies = 0;  // kUnavailable, all done
  double stale_lists = 0;   // without the keys written since the last list, with those deleted since
};

// `clock` must outlive the store.
std::unique_ptr<Store> WithChaos(std::unique_ptr<Store> store, Clock& clock, const ChaosOptions& options);

}  // namespace lambdaml
