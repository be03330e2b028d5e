// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/latency.h"

#include <algorithm>
#include <mutex>

#include "base/random.h"

namespace lambdaml {

namespace {

std::uint64_t Size(const Values& values) {
  std::uint64_t bytes = 0;
  for (const auto& value : values) bytes += value ? value->size() : 0;
  return bytes;
}

std::uint64_t Size(const Slices& parts) {
  std::uint64_t bytes = 0;
  for (const auto& part : parts) bytes += part ? part->bytes.size() : 0;
  return bytes;
}

class SlowStore final : public Store {
 public:
  SlowStore(std::unique_ptr<Store> store, Clock& clock, const LatencyOptions& options)
      : store_(std::move(store)), clock_(clock), options_(options), random_(options.seed, 0) {}

  Result<void> Put(std::span<const PutItem> items) override {
    const Clock::Time begin = clock_.Now();
    std::uint64_t bytes = 0;
    for (const PutItem& item : items) bytes += item.value.size();
    Result<void> put = store_->Put(items);
    SleepFrom(begin, bytes);
    return put;
  }

  Result<Values> Get(std::span<const Key> keys) override {
    const Clock::Time begin = clock_.Now();
    Result<Values> values = store_->Get(keys);
    SleepFrom(begin, values.ok() ? Size(values.value()) : 0);
    return values;
  }

  Result<Slices> Read(std::span<const Range> ranges) override {
    const Clock::Time begin = clock_.Now();
    Result<Slices> parts = store_->Read(ranges);
    SleepFrom(begin, parts.ok() ? Size(parts.value()) : 0);
    return parts;
  }

  // A wait that blocks ends a latency after the value is there, however long that took.
  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override {
    const Clock::Time begin = clock_.Now();
    Result<Values> values = store_->Wait(keys, options);
    SleepFrom(limits().waits_natively ? clock_.Now() : begin, values.ok() ? Size(values.value()) : 0);
    return values;
  }

  Result<std::vector<Entry>> List(const Key& prefix) override {
    const Clock::Time begin = clock_.Now();
    auto entries = store_->List(prefix);
    SleepFrom(begin, 0);
    return entries;
  }

  Result<void> Delete(std::span<const Key> keys) override {
    const Clock::Time begin = clock_.Now();
    Result<void> deleted = store_->Delete(keys);
    SleepFrom(begin, 0);
    return deleted;
  }

  const Limits& limits() const override { return store_->limits(); }
  std::string name() const override { return store_->name(); }

 private:
  void SleepFrom(Clock::Time begin, std::uint64_t bytes) { clock_.SleepUntil(EndOf(begin, bytes)); }

  // When a call from `begin` on is over. The bytes of calls at the same time share the bandwidth.
  Clock::Time EndOf(Clock::Time begin, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto spread = random_.Uniform() * static_cast<double>(options_.spread.count());
    const Clock::Duration latency = options_.latency + Clock::Duration(static_cast<Clock::Duration::rep>(spread));
    if (options_.bytes_per_second <= 0 || bytes == 0) return begin + latency;
    line_free_ = std::max(line_free_, begin) + FromSeconds(static_cast<double>(bytes) / options_.bytes_per_second);
    return line_free_ + latency;
  }

  std::unique_ptr<Store> store_;
  Clock& clock_;
  LatencyOptions options_;
  std::mutex mutex_;
  Random random_;
  Clock::Time line_free_{};
};

}  // namespace

std::unique_ptr<Store> WithLatency(std::unique_ptr<Store> store, Clock& clock, const LatencyOptions& options) {
  return std::make_unique<SlowStore>(std::move(store), clock, options);
}

}  // namespace lambdaml
