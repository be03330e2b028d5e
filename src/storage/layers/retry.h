// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tries again what failed with kUnavailable, after pauses with decorrelated jitter (M. Brooker, Exponential Backoff And
// Jitter, AWS Architecture Blog, 2015), or as long as the server asked for. Never retries kInvalid. A conditional put
// whose answer was lost and that then meets its own value has won (storage/store.h, PutItem).

#include <cstdint>
#include <memory>

#include "storage/store.h"

namespace lambdaml {

struct RetryOptions {
  // For one call, from its begin. A wait also ends at its deadline or when it is cancelled, but if it fails just then
  // it is tried a few times more; an attempt of it that blocked for as long as the budget begins a new one.
  Clock::Duration budget = std::chrono::seconds(30);
  Clock::Duration pause_min = std::chrono::milliseconds(20);
  Clock::Duration pause_max = std::chrono::seconds(5);
  std::uint64_t seed = 0;
};

// The error of a call that used up its budget tells how often and how long it was tried. `clock` must outlive the
// store.
std::unique_ptr<Store> WithRetry(std::unique_ptr<Store> store, Clock& clock, const RetryOptions& options);

}  // namespace lambdaml
