// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/chaos.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "base/random.h"
#include "base/text.h"

namespace lambdaml {

namespace {

// What the next call meets.
struct Fate {
  Clock::Duration delay{};
  bool fails = false;
  bool loses_reply = false;
  bool is_stale = false;
};

class ChaoticStore final : public Store {
 public:
  ChaoticStore(std::unique_ptr<Store> store, Clock& clock, const ChaosOptions& options)
      : store_(std::move(store)), clock_(clock), options_(options), random_(options.seed, 0) {}

  Result<void> Put(std::span<const PutItem> items) override {
    const Fate fate = Next();
    TRY(Meet(fate));
    Result<void> put = store_->Put(items);
    for (const PutItem& item : items) Remember(item.key, std::nullopt);
    return fate.loses_reply ? LostReply() : put;
  }

  Result<Values> Get(std::span<const Key> keys) override {
    TRY(Meet(Next()));
    return store_->Get(keys);
  }

  Result<Slices> Read(std::span<const Range> ranges) override {
    TRY(Meet(Next()));
    return store_->Read(ranges);
  }

  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override {
    TRY(Meet(Next()));
    return store_->Wait(keys, options);
  }

  Result<std::vector<Entry>> List(const Key& prefix) override {
    const Fate fate = Next();
    TRY(Meet(fate));
    auto entries = TRY(store_->List(prefix));
    const auto changes = TakeChanges();
    return fate.is_stale ? WithoutChanges(std::move(entries), changes, prefix) : entries;
  }

  Result<void> Delete(std::span<const Key> keys) override {
    const Fate fate = Next();
    TRY(Meet(fate));
    const Slices before = TRY(SizesOf(keys));
    Result<void> deleted = store_->Delete(keys);
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i]) Remember(keys[i], before[i]->value_bytes);
    }
    return fate.loses_reply ? LostReply() : deleted;
  }

  const Limits& limits() const override { return store_->limits(); }
  std::string name() const override { return store_->name(); }

 private:
  // Keys written (nothing) or deleted (their bytes) since the last list.
  using Changes = std::map<Key, std::optional<std::uint64_t>>;

  Fate Next() {
    const std::lock_guard lock(mutex_);
    Fate fate;
    if (random_.Uniform() < options_.delays) {
      const double delay = random_.Uniform() * static_cast<double>(options_.delay_max.count());
      fate.delay = Clock::Duration(static_cast<Clock::Duration::rep>(delay));
    }
    fate.fails = random_.Uniform() < options_.errors;
    fate.loses_reply = random_.Uniform() < options_.lost_replies;
    fate.is_stale = random_.Uniform() < options_.stale_lists;
    return fate;
  }

  Result<void> Meet(const Fate& fate) {
    if (fate.delay > Clock::Duration::zero()) clock_.SleepUntil(clock_.Now() + fate.delay);
    if (fate.fails) return Error{Code::kUnavailable, StrCat(store_->name(), " failed by chance")};
    return {};
  }

  Error LostReply() const { return {Code::kUnavailable, StrCat(store_->name(), " lost its answer by chance")}; }

  // Nothing where lists are never stale.
  Result<Slices> SizesOf(std::span<const Key> keys) {
    if (options_.stale_lists <= 0) return Slices();
    std::vector<Range> ranges;
    for (const Key& key : keys) ranges.push_back({.key = key, .offset = 0, .length = 0});
    return store_->Read(ranges);
  }

  void Remember(const Key& key, std::optional<std::uint64_t> bytes) {
    if (options_.stale_lists <= 0) return;
    const std::lock_guard lock(mutex_);
    changes_[key] = bytes;
  }

  Changes TakeChanges() {
    const std::lock_guard lock(mutex_);
    return std::exchange(changes_, {});
  }

  static std::vector<Entry> WithoutChanges(std::vector<Entry> entries, const Changes& changes, const Key& prefix) {
    std::erase_if(entries, [&changes](const Entry& entry) { return changes.contains(entry.key); });
    for (const auto& [key, bytes] : changes) {
      if (bytes && key.text().starts_with(prefix.text())) entries.push_back({.key = key, .bytes = *bytes});
    }
    std::ranges::sort(entries, {}, &Entry::key);
    return entries;
  }

  std::unique_ptr<Store> store_;
  Clock& clock_;
  ChaosOptions options_;
  std::mutex mutex_;
  Random random_;
  Changes changes_;
};

}  // namespace

std::unique_ptr<Store> WithChaos(std::unique_ptr<Store> store, Clock& clock, const ChaosOptions& options) {
  return std::make_unique<ChaoticStore>(std::move(store), clock, options);
}

}  // namespace lambdaml
