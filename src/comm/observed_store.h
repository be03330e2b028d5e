// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: a memory store that counts calls and does, on request, what a channel must be expected to do.

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "storage/registry.h"
#include "storage/store.h"

namespace lambdaml {

class ObservedStore final : public Store {
 public:
  explicit ObservedStore(Clock& clock) : store_(OpenStore("memory:", {.clock = clock}).value()) {}

  // Changes a value on its way into the store. To be set before the ranks start.
  std::function<void(const Key& key, Bytes& value)> tamper;

  // Hands out what has arrived one by one, in an order drawn from a seed, and writes everything twice.
  bool shuffles_and_repeats = false;

  Result<void> Put(std::span<const PutItem> items) override {
    ++calls_;
    std::vector<PutItem> changed(items.begin(), items.end());
    std::vector<Bytes> values(items.size());
    for (std::size_t i = 0; tamper && i < items.size(); ++i) {
      values[i] = ToBytes(items[i].value);
      tamper(items[i].key, values[i]);
      changed[i].value = values[i];
    }
    if (shuffles_and_repeats) TRY(store_->Put(changed));
    return store_->Put(changed);
  }

  // Get shows an empty store so many times, as one with replicas may for a while.
  std::atomic<int> gets_in_vain = 0;

  Result<Values> Get(std::span<const Key> keys) override {
    ++calls_;
    if (gets_in_vain > 0 && gets_in_vain-- > 0) return Values(keys.size());
    return store_->Get(keys);
  }

  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override {
    ++calls_;
    Values values = TRY(store_->Wait(keys, options));
    if (shuffles_and_repeats && options.at_least == 1) KeepOne(values);
    return values;
  }

  Result<std::vector<Entry>> List(const Key& prefix) override {
    ++calls_;
    ++lists_;
    return store_->List(prefix);
  }

  Result<void> Delete(std::span<const Key> keys) override {
    ++calls_;
    return store_->Delete(keys);
  }

  const Limits& limits() const override { return store_->limits(); }
  std::string name() const override { return store_->name(); }

  int calls() const { return calls_; }
  int lists() const { return lists_; }
  std::size_t objects() const { return store_->List(Key()).value().size(); }
  std::vector<Entry> entries() const { return store_->List(Key()).value(); }

 private:
  void KeepOne(Values& values) {
    const auto count =
        static_cast<std::size_t>(std::ranges::count_if(values, [](const auto& value) { return value.has_value(); }));
    if (count == 0) return;
    std::size_t kept = [this, count] {
      const std::lock_guard lock(mutex_);
      return random_.Below(count);
    }();
    for (auto& value : values) {
      if (value && kept-- != 0) value.reset();
    }
  }

  std::unique_ptr<Store> store_;
  std::atomic<int> calls_ = 0;
  std::atomic<int> lists_ = 0;
  std::mutex mutex_;
  Random random_{5, 0};  // guarded by mutex_
};

}  // namespace lambdaml
