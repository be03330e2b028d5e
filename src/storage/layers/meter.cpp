// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/meter.h"

namespace lambdaml {

namespace {

std::uint64_t BytesOf(const Values& values) {
  std::uint64_t bytes = 0;
  for (const auto& value : values) bytes += value ? value->size() : 0;
  return bytes;
}

class MeteredStore final : public Store {
 public:
  MeteredStore(std::unique_ptr<Store> store, Clock& clock, StoreUse& use)
      : store_(std::move(store)), clock_(clock), use_(use) {}

  Result<void> Put(std::span<const PutItem> items) override {
    use_.puts += items.size();
    for (const PutItem& item : items) use_.bytes_written += item.value.size();
    return store_->Put(items);
  }

  Result<Values> Get(std::span<const Key> keys) override {
    use_.gets += keys.size();
    Values values = TRY(store_->Get(keys));
    use_.bytes_read += BytesOf(values);
    return values;
  }

  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override {
    use_.waits += keys.size();
    const Clock::Time begin = clock_.Now();
    Result<Values> values = store_->Wait(keys, options);
    use_.waiting += clock_.Now() - begin;
    if (values.ok()) use_.bytes_read += BytesOf(values.value());
    return values;
  }

  Result<std::vector<Entry>> List(const Key& prefix) override {
    ++use_.lists;
    return store_->List(prefix);
  }

  Result<void> Delete(std::span<const Key> keys) override {
    use_.deletes += keys.size();
    return store_->Delete(keys);
  }

  const Limits& limits() const override { return store_->limits(); }
  std::string name() const override { return store_->name(); }

 private:
  std::unique_ptr<Store> store_;
  Clock& clock_;
  StoreUse& use_;
};

}  // namespace

std::unique_ptr<Store> WithMeter(std::unique_ptr<Store> store, Clock& clock, StoreUse& use) {
  return std::make_unique<MeteredStore>(std::move(store), clock, use);
}

}  // namespace lambdaml
