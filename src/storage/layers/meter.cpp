// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/meter.h"

#include <algorithm>

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
  MeteredStore(std::unique_ptr<Store> store, Clock& clock, const StorePrices& prices, StoreMeter& meter)
      : store_(std::move(store)), clock_(clock), prices_(prices), meter_(meter) {}

  Result<void> Put(std::span<const PutItem> items) override {
    StoreUse use{.puts = items.size()};
    for (const PutItem& item : items) {
      use.bytes_written += item.value.size();
      use.dollars += prices_.put * Units(item.value.size(), prices_.put_unit_bytes);
    }
    meter_.Add(use);
    return store_->Put(items);
  }

  Result<Values> Get(std::span<const Key> keys) override {
    meter_.Add({.gets = keys.size()});
    Values values = TRY(store_->Get(keys));
    meter_.Add(UseOf(values));
    return values;
  }

  Result<Slices> Read(std::span<const Range> ranges) override {
    meter_.Add({.gets = ranges.size()});
    Slices parts = TRY(store_->Read(ranges));
    StoreUse use;
    for (const auto& part : parts) use += UseOf(part ? std::optional(part->bytes.size()) : std::nullopt);
    meter_.Add(use);
    return parts;
  }

  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override {
    meter_.Add({.waits = keys.size()});
    const Clock::Time begin = clock_.Now();
    Result<Values> values = store_->Wait(keys, options);
    StoreUse use{.waiting = clock_.Now() - begin};
    if (values.ok()) use += UseOf(values.value());
    meter_.Add(use);
    return values;
  }

  Result<std::vector<Entry>> List(const Key& prefix) override {
    meter_.Add({.lists = 1});
    auto entries = TRY(store_->List(prefix));
    meter_.Add({.dollars = prices_.list * Units(entries.size(), kKeysPerPage)});
    return entries;
  }

  Result<void> Delete(std::span<const Key> keys) override {
    meter_.Add({.deletes = keys.size(), .dollars = prices_.remove * static_cast<double>(keys.size())});
    return store_->Delete(keys);
  }

  const Limits& limits() const override { return store_->limits(); }
  std::string name() const override { return store_->name(); }

 private:
  // Of an item that was asked for: its bytes, or nothing where it is absent.
  StoreUse UseOf(std::optional<std::size_t> bytes) const {
    const std::uint64_t read = bytes.value_or(0);
    return {
        .misses = bytes ? 0U : 1U, .bytes_read = read, .dollars = prices_.get * Units(read, prices_.get_unit_bytes)};
  }

  StoreUse UseOf(const Values& values) const {
    StoreUse use;
    for (const auto& value : values) use += UseOf(value ? std::optional(value->size()) : std::nullopt);
    return use;
  }

  std::unique_ptr<Store> store_;
  Clock& clock_;
  StorePrices prices_;
  StoreMeter& meter_;
};

}  // namespace

StoreUse& StoreUse::operator+=(const StoreUse& more) {
  puts += more.puts;
  gets += more.gets;
  waits += more.waits;
  misses += more.misses;
  lists += more.lists;
  deletes += more.deletes;
  bytes_written += more.bytes_written;
  bytes_read += more.bytes_read;
  waiting += more.waiting;
  dollars += more.dollars;
  return *this;
}

StoreUse StoreMeter::use() const {
  const std::lock_guard lock(mutex_);
  return use_;
}

void StoreMeter::Add(const StoreUse& more) {
  const std::lock_guard lock(mutex_);
  use_ += more;
}

std::unique_ptr<Store> WithMeter(std::unique_ptr<Store> store, Clock& clock, const StorePrices& prices,
                                 StoreMeter& meter) {
  return std::make_unique<MeteredStore>(std::move(store), clock, prices, meter);
}

}  // namespace lambdaml
