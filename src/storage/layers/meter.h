// SPDX-License-Identifier: Apache-2.0
#pragma once

// Counts what passes through a Store. Forwards every call unchanged.

#include <cstdint>
#include <memory>

#include "storage/store.h"

namespace lambdaml {

struct StoreUse {
  std::uint64_t puts = 0;   // items written
  std::uint64_t gets = 0;   // items asked for by Get
  std::uint64_t waits = 0;  // items asked for by Wait
  std::uint64_t lists = 0;
  std::uint64_t deletes = 0;  // items
  std::uint64_t bytes_written = 0;
  std::uint64_t bytes_read = 0;
  Clock::Duration waiting{};  // spent inside Wait
};

// `use` and `clock` must outlive the store. `use` is not synchronised: one thread at a time.
std::unique_ptr<Store> WithMeter(std::unique_ptr<Store> store, Clock& clock, StoreUse& use);

}  // namespace lambdaml
