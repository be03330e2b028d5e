// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/latency.h"

#include <algorithm>
#include <mutex>

#include "base/random.h"
#include "storage/layers/pause.h"

namespace lambdaml {

namespace {

// The items of one batch that travel in one direction.
struct Load {
  std::uint64_t bytes = 0;
  std::uint64_t longest = 0;

  void Add(std::uint64_t item_bytes) {
    bytes += item_bytes;
    longest = std::max(longest, item_bytes);
  }
};

Load LoadOf(std::span<const PutItem> items) {
  Load load;
  for (const PutItem& item : items) load.Add(item.value.size());
  return load;
}

Load LoadOf(const Result<Values>& values) {
  Load load;
  if (!values.ok()) return load;
  for (const auto& value : values.value()) load.Add(value ? value->size() : 0);
  return load;
}

Load LoadOf(const Result<Slices>& parts) {
  Load load;
  if (!parts.ok()) return load;
  for (const auto& part : parts.value()) load.Add(part ? part->bytes.size() : 0);
  return load;
}

// Names and acknowledgements weigh nothing.
template <class T>
Load LoadOf(const Result<T>& /*answer*/) {
  return {};
}

Clock::Duration TimeFor(std::uint64_t bytes, double bytes_per_second) {
  if (bytes_per_second <= 0) return {};
  return FromSeconds(static_cast<double>(bytes) / bytes_per_second);
}

// One direction of the way between a user and the store.
class Line {
 public:
  explicit Line(const LatencyOptions& options) : options_(options) {}

  // When a load that sets off at `begin` has travelled.
  Clock::Time Carry(Clock::Time begin, const Load& load) {
    if (load.bytes == 0) return begin;
    const std::lock_guard lock(mutex_);
    free_ = std::max(free_, begin) + TimeFor(load.bytes, options_.bytes_per_second);
    return std::max<Clock::Time>(free_, begin + TimeFor(load.longest, options_.connection_bytes_per_second));
  }

 private:
  const LatencyOptions& options_;
  std::mutex mutex_;
  Clock::Time free_{};
};

class SlowStore final : public Store {
 public:
  SlowStore(std::unique_ptr<Store> store, Clock& clock, const LatencyOptions& options)
      : store_(std::move(store)), clock_(clock), options_(options), random_(options.seed, 0) {}

  Result<void> Put(std::span<const PutItem> items) override {
    const Clock::Duration half = HalfLatency();
    const Clock::Time there = up_.Carry(clock_.Now(), LoadOf(items)) + half;
    clock_.SleepUntil(there);
    Result<void> put = store_->Put(items);
    clock_.SleepUntil(there + half);
    return put;
  }

  Result<Values> Get(std::span<const Key> keys) override {
    return Ask([this, keys] { return store_->Get(keys); });
  }

  Result<Slices> Read(std::span<const Range> ranges) override {
    return Ask([this, ranges] { return store_->Read(ranges); });
  }

  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override {
    if (!limits().waits_natively) return Ask([this, keys, &options] { return store_->Wait(keys, options); });
    const Clock::Duration half = HalfLatency();
    PauseUntil(clock_, clock_.Now() + half, options.cancelled);
    Result<Values> values = store_->Wait(keys, options);
    PauseUntil(clock_, down_.Carry(clock_.Now(), LoadOf(values)) + half, options.cancelled);
    return values;
  }

  Result<std::vector<Entry>> List(const Key& prefix) override {
    return Ask([this, &prefix] { return store_->List(prefix); });
  }

  Result<void> Delete(std::span<const Key> keys) override {
    return Ask([this, keys] { return store_->Delete(keys); });
  }

  const Limits& limits() const override { return store_->limits(); }
  std::string name() const override { return store_->name(); }

 private:
  template <class Call>
  auto Ask(const Call& call) -> decltype(call()) {
    const Clock::Duration half = HalfLatency();
    const Clock::Time there = clock_.Now() + half;
    clock_.SleepUntil(there);
    auto answer = call();
    clock_.SleepUntil(down_.Carry(there, LoadOf(answer)) + half);
    return answer;
  }

  // Of the next call.
  Clock::Duration HalfLatency() {
    const std::lock_guard lock(mutex_);
    const double spread = random_.Uniform() * static_cast<double>(options_.spread.count());
    return (options_.latency + Clock::Duration(static_cast<Clock::Duration::rep>(spread))) / 2;
  }

  std::unique_ptr<Store> store_;
  Clock& clock_;
  const LatencyOptions options_;
  std::mutex mutex_;
  Random random_;  // guarded by mutex_
  Line up_{options_};
  Line down_{options_};
};

}  // namespace

std::unique_ptr<Store> WithLatency(std::unique_ptr<Store> store, Clock& clock, const LatencyOptions& options) {
  return std::make_unique<SlowStore>(std::move(store), clock, options);
}

}  // namespace lambdaml
