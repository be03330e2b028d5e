// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/poll.h"

#include <algorithm>

#include "storage/layers/meter.h"
#include "storage/layers/pause.h"

namespace lambdaml {

namespace {

constexpr Clock::Duration kPauseMin = std::chrono::microseconds(100);  // whatever the limits say

class PollingStore final : public Store {
 public:
  PollingStore(std::unique_ptr<Store> store, Clock& clock, StoreUse* use)
      : store_(std::move(store)),
        clock_(clock),
        use_(use),
        pause_min_(std::max(kPauseMin, store_->limits().poll_pause_min)),
        pause_max_(std::max(pause_min_, store_->limits().poll_pause_max)) {}

  Result<void> Put(std::span<const PutItem> items) override { return store_->Put(items); }
  Result<Values> Get(std::span<const Key> keys) override { return store_->Get(keys); }
  Result<Slices> Read(std::span<const Range> ranges) override { return store_->Read(ranges); }
  Result<std::vector<Entry>> List(const Key& prefix) override { return store_->List(prefix); }
  Result<void> Delete(std::span<const Key> keys) override { return store_->Delete(keys); }
  const Limits& limits() const override { return store_->limits(); }
  std::string name() const override { return store_->name(); }

  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override {
    Values values = TRY(store_->Wait(keys, options));
    Clock::Duration pause = pause_min_;
    std::vector<std::size_t> missing = MissingOf(values);
    while (!Enough(values, options)) {
      const Clock::Time now = clock_.Now();
      if (now >= options.deadline || (options.cancelled != nullptr && options.cancelled->load())) break;
      Pause(now, std::min<Clock::Duration>(pause, options.deadline - now), options.cancelled);
      pause = std::min<Clock::Duration>(pause_max_, pause * 3 / 2);
      TRY(Look(keys, missing, options, values));
      missing = MissingOf(values);
    }
    return values;
  }

 private:
  static std::vector<std::size_t> MissingOf(const Values& values) {
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!values[i]) missing.push_back(i);
    }
    return missing;
  }

  void Pause(Clock::Time now, Clock::Duration pause, const std::atomic<bool>* cancelled) {
    PauseUntil(clock_, now + pause, cancelled);
    if (use_ != nullptr) use_->waiting += clock_.Now() - now;
  }

  // By Wait, so that a meter below counts a look as one.
  Result<void> Look(std::span<const Key> keys, const std::vector<std::size_t>& missing, const WaitOptions& options,
                    Values& values) {
    std::vector<Key> wanted;
    wanted.reserve(missing.size());
    for (const std::size_t i : missing) wanted.push_back(keys[i]);
    Values found = TRY(store_->Wait(wanted, options));
    for (std::size_t i = 0; i < missing.size(); ++i) values[missing[i]] = std::move(found[i]);
    return {};
  }

  std::unique_ptr<Store> store_;
  Clock& clock_;
  StoreUse* use_;
  Clock::Duration pause_min_;
  Clock::Duration pause_max_;
};

}  // namespace

std::unique_ptr<Store> WithPolling(std::unique_ptr<Store> store, Clock& clock, StoreUse* use) {
  return std::make_unique<PollingStore>(std::move(store), clock, use);
}

}  // namespace lambdaml
