// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/poll.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "storage/layers/arrival.h"
#include "storage/layers/meter.h"
#include "storage/layers/pause.h"

namespace lambdaml {

namespace {

constexpr Clock::Duration kPauseMin = std::chrono::microseconds(100);  // whatever the limits say
constexpr Clock::Duration kUrgentPause = std::chrono::seconds(1);

class PollingStore final : public Store {
 public:
  PollingStore(std::unique_ptr<Store> store, Clock& clock, StoreMeter* meter)
      : store_(std::move(store)),
        clock_(clock),
        meter_(meter),
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
    Values values(keys.size());
    const std::size_t urgent = std::min(options.urgent, keys.size());
    const Clock::Time begin = clock_.Now();
    const Clock::Time since = options.since.value_or(begin);
    const Clock::Time expected = std::min(since + DelayOf(options.kind), options.deadline);
    std::optional<Clock::Time> missed;  // the last look at the values that did not find everything
    Clock::Time urgent_look = begin + kUrgentPause;
    Clock::Duration pause = pause_min_;
    for (Clock::Time next = BeforeExpected(begin, expected, urgent);;) {
      Pause(next, options.cancelled);
      const Clock::Time now = clock_.Now();
      const bool last = Over(options);
      const bool at_urgent = last || now >= urgent_look;
      const bool at_others = last || now >= expected;
      if (at_urgent) urgent_look = now + kUrgentPause;
      TRY(Look(keys, {.from = at_urgent ? 0 : urgent, .to = at_others ? keys.size() : urgent}, options, values));
      if (Enough(values, options) && (missed || begin <= expected)) Learn(options.kind, since, missed, now);
      if (Enough(values, options) || Over(options)) return values;
      if (at_others) missed = now;
      next = at_others ? std::min(clock_.Now() + pause, options.deadline) : BeforeExpected(now, expected, urgent);
      if (at_others) pause = std::min<Clock::Duration>(pause_max_, pause * 3 / 2);
    }
  }

 private:
  Clock::Duration DelayOf(std::uint32_t kind) {
    const std::lock_guard lock(mutex_);
    return kind == 0 ? Clock::Duration{} : arrivals_[kind].delay();
  }

  // What was missed by one look, if by any, and found by another came in between. A wait that began too late to tell
  // teaches nothing.
  void Learn(std::uint32_t kind, Clock::Time since, std::optional<Clock::Time> missed, Clock::Time found) {
    if (kind == 0) return;
    const std::lock_guard lock(mutex_);
    if (missed) {
      arrivals_[kind].Miss(*missed - since + (found - *missed) / 2);
    } else {
      arrivals_[kind].Hit();
    }
  }

  // A stretch of the keys.
  struct Part {
    std::size_t from = 0;
    std::size_t to = 0;
  };

  // When to wake until the values are expected. An urgent look just before would delay the one that counts.
  static Clock::Time BeforeExpected(Clock::Time now, Clock::Time expected, std::size_t urgent) {
    return urgent > 0 && expected - now > 2 * kUrgentPause ? now + kUrgentPause : expected;
  }

  bool Over(const WaitOptions& options) const {
    return clock_.Now() >= options.deadline || (options.cancelled != nullptr && options.cancelled->load());
  }

  void Pause(Clock::Time time, const std::atomic<bool>* cancelled) {
    const Clock::Time begin = clock_.Now();
    PauseUntil(clock_, time, cancelled);
    if (meter_ != nullptr) meter_->Add({.waiting = clock_.Now() - begin});
  }

  // At what is missing. By Wait, so that a meter below counts a look as one, and a retry below knows how long it may
  // try.
  Result<void> Look(std::span<const Key> keys, Part part, const WaitOptions& options, Values& values) {
    std::vector<std::size_t> missing;
    std::vector<Key> wanted;
    for (std::size_t i = part.from; i < part.to; ++i) {
      if (values[i]) continue;
      missing.push_back(i);
      wanted.push_back(keys[i]);
    }
    if (wanted.empty()) return {};
    Values found = TRY(store_->Wait(wanted, {.deadline = options.deadline, .cancelled = options.cancelled}));
    for (std::size_t i = 0; i < missing.size(); ++i) values[missing[i]] = std::move(found[i]);
    return {};
  }

  std::unique_ptr<Store> store_;
  Clock& clock_;
  StoreMeter* meter_;
  Clock::Duration pause_min_;
  Clock::Duration pause_max_;
  std::mutex mutex_;
  std::map<std::uint32_t, ArrivalEstimate> arrivals_;  // by the kind of waits; guarded by mutex_
};

}  // namespace

std::unique_ptr<Store> WithPolling(std::unique_ptr<Store> store, Clock& clock, StoreMeter* meter) {
  return std::make_unique<PollingStore>(std::move(store), clock, meter);
}

}  // namespace lambdaml
