// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/meter.h"

#include <algorithm>
#include <mutex>

namespace lambdaml {

namespace {

constexpr std::uint64_t kKeysPerPage = 1000;

// How many requests of at most `unit` bytes a value of `bytes` is billed as.
double Units(std::uint64_t bytes, std::uint64_t unit) {
  if (unit == 0) return 1;
  return static_cast<double>(std::max<std::uint64_t>(1, (bytes + unit - 1) / unit));
}

class MeteredStore final : public Store {
 public:
  MeteredStore(std::unique_ptr<Store> store, Clock& clock, const StorePrices& prices, StoreUse& use)
      : store_(std::move(store)), clock_(clock), prices_(prices), use_(use) {}

  Result<void> Put(std::span<const PutItem> items) override {
    Count([this, items] {
      use_.puts += items.size();
      for (const PutItem& item : items) {
        use_.bytes_written += item.value.size();
        use_.dollars += prices_.put * Units(item.value.size(), prices_.put_unit_bytes);
      }
    });
    return store_->Put(items);
  }

  Result<Values> Get(std::span<const Key> keys) override {
    Count([this, keys] { use_.gets += keys.size(); });
    Values values = TRY(store_->Get(keys));
    CountRead(values);
    return values;
  }

  Result<Slices> Read(std::span<const Range> ranges) override {
    Count([this, ranges] { use_.gets += ranges.size(); });
    Slices parts = TRY(store_->Read(ranges));
    Count([this, &parts] {
      for (const auto& part : parts) CountOne(part ? std::optional(part->bytes.size()) : std::nullopt);
    });
    return parts;
  }

  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override {
    Count([this, keys] { use_.waits += keys.size(); });
    const Clock::Time begin = clock_.Now();
    Result<Values> values = store_->Wait(keys, options);
    Count([this, begin] { use_.waiting += clock_.Now() - begin; });
    if (values.ok()) CountRead(values.value());
    return values;
  }

  Result<std::vector<Entry>> List(const Key& prefix) override {
    Count([this] { ++use_.lists; });
    auto entries = TRY(store_->List(prefix));
    Count([this, &entries] { use_.dollars += prices_.list * Units(entries.size(), kKeysPerPage); });
    return entries;
  }

  Result<void> Delete(std::span<const Key> keys) override {
    Count([this, keys] {
      use_.deletes += keys.size();
      use_.dollars += prices_.remove * static_cast<double>(keys.size());
    });
    return store_->Delete(keys);
  }

  const Limits& limits() const override { return store_->limits(); }
  std::string name() const override { return store_->name(); }

 private:
  // A layer above may make two requests at the same time.
  template <class Counting>
  void Count(const Counting& counting) {
    const std::lock_guard lock(mutex_);
    counting();
  }

  void CountOne(std::optional<std::size_t> bytes) {
    if (!bytes) ++use_.misses;
    use_.bytes_read += bytes.value_or(0);
    use_.dollars += prices_.get * Units(bytes.value_or(0), prices_.get_unit_bytes);
  }

  void CountRead(const Values& values) {
    Count([this, &values] {
      for (const auto& value : values) CountOne(value ? std::optional(value->size()) : std::nullopt);
    });
  }

  std::unique_ptr<Store> store_;
  Clock& clock_;
  StorePrices prices_;
  StoreUse& use_;
  std::mutex mutex_;
};

}  // namespace

std::unique_ptr<Store> WithMeter(std::unique_ptr<Store> store, Clock& clock, const StorePrices& prices, StoreUse& use) {
  return std::make_unique<MeteredStore>(std::move(store), clock, prices, use);
}

}  // namespace lambdaml
