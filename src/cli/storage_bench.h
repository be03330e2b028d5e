// SPDX-License-Identifier: Apache-2.0
#pragma once

// How fast a channel is from here: for each kind of request how long it takes, and how many bytes pass. Everything that
// is written lies below one prefix and is deleted at the end, whatever the end is.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "storage/store.h"

namespace lambdaml {

struct BenchOptions {
  Key prefix;                              // nobody else's
  double seconds = 5;                      // for all measurements together
  std::vector<std::uint64_t> value_bytes;  // the first also of batches and waits
};

struct BenchRow {
  std::string what;
  std::uint64_t value_bytes = 0;
  std::size_t batch = 1;  // values of one call
  std::size_t calls = 0;
  double p50 = 0;  // seconds of a call
  double p99 = 0;
  double total = 0;  // seconds of all calls

  double CallsPerSecond() const { return static_cast<double>(calls) / total; }
  double BytesPerSecond() const { return CallsPerSecond() * static_cast<double>(batch * value_bytes); }
};

// Called before each request with the share that is done, 0 to 1, and what is measured. An error ends the measurement.
using OnBench = std::function<Result<void>(double share, const std::string& what)>;

// `peer` is another store of the same channel: somebody to wait for. Where it does not see what `store` writes, waits
// are left out.
Result<std::vector<BenchRow>> MeasureStore(Store& store, Store& peer, Clock& clock, const BenchOptions& options,
                                           const OnBench& watch);

}  // namespace lambdaml
