// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/retry.h"

#include <algorithm>
#include <atomic>

#include "base/random.h"
#include "base/text.h"
#include "storage/layers/pause.h"

namespace lambdaml {

namespace {

// So that a failure just when a wait ends does not hide what is there.
constexpr int kLateAttemptsMax = 3;

// The attempts of one call.
class Attempts {
 public:
  // `wait` is given for a Wait and must outlive this.
  Attempts(Clock& clock, const RetryOptions& options, std::uint64_t call, const WaitOptions* wait)
      : clock_(clock), options_(options), random_(options.seed, call), wait_(wait) {}

  // Pauses; false, at once, if it makes no sense to try again.
  bool PauseAfter(const Error& error) {
    const Clock::Time now = clock_.Now();
    // A wait that lasted that long had not failed all the time.
    if (wait_ != nullptr && now - attempt_begin_ >= options_.budget) {
      begin_ = now;
      tried_ = 0;
    }
    ++tried_;
    const bool late = Late(now);
    if (late && ++late_ > kLateAttemptsMax) return false;
    Clock::Time end = begin_ + options_.budget;
    if (wait_ != nullptr) end = std::min<Clock::Time>(end, late ? now + options_.pause_min : wait_->deadline);
    if (now >= end || error.retry_after > end - now) return false;
    const Clock::Duration pause = std::max<Clock::Duration>(NextPause(), error.retry_after);
    PauseUntil(clock_, now + std::min<Clock::Duration>(pause, end - now),
               wait_ == nullptr ? nullptr : wait_->cancelled);
    attempt_begin_ = clock_.Now();
    return true;
  }

  // `error` as the end of all attempts.
  Error Last(Error error) const {
    std::string why;
    if (tried_ > 1) why = StrCat("tried ", tried_, " times in ", HumanSeconds(Seconds(clock_.Now() - begin_)));
    if (error.retry_after.count() > 0) {
      why +=
          StrCat(why.empty() ? "" : "; ", "the server asks for a pause of ", HumanSeconds(Seconds(error.retry_after)));
    }
    if (!why.empty()) error.message += StrCat(" (", why, ")");
    return error;
  }

 private:
  // Whether the wait should be over.
  bool Late(Clock::Time now) const {
    if (wait_ == nullptr) return false;
    return now >= wait_->deadline || (wait_->cancelled != nullptr && wait_->cancelled->load());
  }

  Clock::Duration NextPause() {
    const auto min = static_cast<double>(options_.pause_min.count());
    const double up_to = std::max(min, 3 * static_cast<double>(pause_.count()));
    const auto drawn = static_cast<Clock::Duration::rep>(min + random_.Uniform() * (up_to - min));
    pause_ = std::min(options_.pause_max, Clock::Duration(drawn));
    return pause_;
  }

  Clock& clock_;
  const RetryOptions& options_;
  Random random_;
  const WaitOptions* wait_;
  Clock::Time begin_ = clock_.Now();
  Clock::Time attempt_begin_ = begin_;
  Clock::Duration pause_ = options_.pause_min;
  int tried_ = 0;
  int late_ = 0;
};

class RetryingStore final : public Store {
 public:
  RetryingStore(std::unique_ptr<Store> store, Clock& clock, const RetryOptions& options)
      : store_(std::move(store)), clock_(clock), options_(options) {}

  Result<void> Put(std::span<const PutItem> items) override {
    bool unknown = false;  // whether an earlier attempt may have written something
    Result<void> put = Try([this, items, &unknown] {
      Result<void> attempt = store_->Put(items);
      unknown = unknown || (!attempt.ok() && attempt.error().code == Code::kUnavailable);
      return attempt;
    });
    if (put.ok() || put.error().code != Code::kConflict || !unknown) return put;
    if (TRY(HoldsAllOf(items))) return {};
    return put;
  }

  Result<Values> Get(std::span<const Key> keys) override {
    return Try([this, keys] { return store_->Get(keys); });
  }

  Result<Slices> Read(std::span<const Range> ranges) override {
    return Try([this, ranges] { return store_->Read(ranges); });
  }

  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override {
    return Try([this, keys, &options] { return store_->Wait(keys, options); }, &options);
  }

  Result<std::vector<Entry>> List(const Key& prefix) override {
    return Try([this, &prefix] { return store_->List(prefix); });
  }

  Result<void> Delete(std::span<const Key> keys) override {
    return Try([this, keys] { return store_->Delete(keys); });
  }

  const Limits& limits() const override { return store_->limits(); }
  std::string name() const override { return store_->name(); }

 private:
  template <class Call>
  auto Try(const Call& call, const WaitOptions* wait = nullptr) -> decltype(call()) {
    Attempts attempts(clock_, options_, calls_.fetch_add(1), wait);
    for (;;) {
      auto result = call();
      if (result.ok() || result.error().code != Code::kUnavailable) return result;
      if (!attempts.PauseAfter(result.error())) return attempts.Last(std::move(result).error());
    }
  }

  // Whether every conditional item is there: nobody else writes its value, so then it has won.
  Result<bool> HoldsAllOf(std::span<const PutItem> items) {
    std::vector<Key> keys;
    std::vector<ByteSpan> written;
    for (const PutItem& item : items) {
      if (item.condition == Condition::kAlways) continue;
      keys.push_back(item.key);
      written.push_back(item.value);
    }
    const Values values = TRY(Get(keys));
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!values[i] || !std::ranges::equal(values[i]->span(), written[i])) return false;
    }
    return true;
  }

  std::unique_ptr<Store> store_;
  Clock& clock_;
  RetryOptions options_;
  std::atomic<std::uint64_t> calls_{0};
};

}  // namespace

std::unique_ptr<Store> WithRetry(std::unique_ptr<Store> store, Clock& clock, const RetryOptions& options) {
  return std::make_unique<RetryingStore>(std::move(store), clock, options);
}

}  // namespace lambdaml
