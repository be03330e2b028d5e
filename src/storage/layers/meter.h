// SPDX-License-Identifier: Apache-2.0
#pragma once

// Counts what passes through a Store, and what the channel's owner will bill for it. Forwards every call unchanged.

#include <cstdint>
#include <memory>
#include <mutex>

#include "storage/backend.h"
#include "storage/store.h"

namespace lambdaml {

struct StoreUse {
  std::uint64_t puts = 0;    // items written
  std::uint64_t gets = 0;    // items asked for by Get and Read
  std::uint64_t waits = 0;   // items asked for by Wait, each time the channel is asked
  std::uint64_t misses = 0;  // of gets and waits: not there
  std::uint64_t lists = 0;
  std::uint64_t deletes = 0;  // items
  std::uint64_t bytes_written = 0;
  std::uint64_t bytes_read = 0;
  Clock::Duration waiting{};  // spent in Wait, and between two looks; of several threads at once, each counts
  double dollars = 0;         // by the backend's StorePrices

  std::uint64_t requests() const { return puts + gets + waits + lists + deletes; }
  StoreUse& operator+=(const StoreUse& more);
};

// May be read and added to by several threads.
class StoreMeter {
 public:
  StoreUse use() const;
  void Add(const StoreUse& more);

 private:
  mutable std::mutex mutex_;
  StoreUse use_;
};

// `meter` and `clock` must outlive the store.
std::unique_ptr<Store> WithMeter(std::unique_ptr<Store> store, Clock& clock, const StorePrices& prices,
                                 StoreMeter& meter);

}  // namespace lambdaml
