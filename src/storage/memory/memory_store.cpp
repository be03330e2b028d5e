// SPDX-License-Identifier: Apache-2.0
#include "storage/memory/memory_store.h"

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>

#include "base/text.h"
#include "storage/key_rules.h"

namespace lambdaml::memory {

namespace {

constexpr std::chrono::milliseconds kSlice{100};  // how late a cancellation may be seen

constexpr Limits kLimits{.value_bytes_max = std::numeric_limits<std::uint64_t>::max(),
                         .batch_items_max = std::numeric_limits<std::size_t>::max(),
                         .survives_process = false,
                         .waits_natively = true};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(Clock& clock) : clock_(clock) {}

  Result<void> Put(std::span<const PutItem> items) override;
  Result<Values> Get(std::span<const Key> keys) override;
  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override;
  Result<std::vector<Entry>> List(const Key& prefix) override;
  Result<void> Delete(std::span<const Key> keys) override;
  const Limits& limits() const override { return kLimits; }
  std::string name() const override { return "memory:"; }

 private:
  // Whether the condition holds. Needs mutex_.
  bool Allows(const PutItem& item) const;

  // Fills the entries that are still missing and returns how many are there. Needs mutex_.
  std::size_t Fill(std::span<const Key> keys, Values& values) const;

  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, Blob> values_;
};

Result<void> MemoryStore::Put(std::span<const PutItem> items) {
  std::vector<Blob> copies;  // made before the lock is taken
  copies.reserve(items.size());
  for (const PutItem& item : items) {
    TRY(CheckKey(item.key));
    copies.emplace_back(ToBytes(item.value));
  }
  const PutItem* conflict = nullptr;
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (Allows(items[i])) {
        values_[items[i].key] = copies[i];
      } else {
        conflict = &items[i];
      }
    }
  }
  changed_.notify_all();
  if (conflict != nullptr) return ConflictError(*conflict, *this);
  return {};
}

bool MemoryStore::Allows(const PutItem& item) const {
  if (item.condition == Condition::kAlways) return true;
  const auto at = values_.find(item.key);
  if (item.condition == Condition::kIfAbsent) return at == values_.end();
  return at != values_.end() && std::ranges::equal(at->second.span(), item.expected);
}

std::size_t MemoryStore::Fill(std::span<const Key> keys, Values& values) const {
  std::size_t found = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!values[i]) {
      const auto at = values_.find(keys[i]);
      if (at != values_.end()) values[i] = at->second;
    }
    if (values[i]) ++found;
  }
  return found;
}

Result<Values> MemoryStore::Get(std::span<const Key> keys) {
  for (const Key& key : keys) TRY(CheckKey(key));
  Values values(keys.size());
  const std::lock_guard lock(mutex_);
  Fill(keys, values);
  return values;
}

Result<Values> MemoryStore::Wait(std::span<const Key> keys, const WaitOptions& options) {
  for (const Key& key : keys) TRY(CheckKey(key));
  Values values(keys.size());
  const std::size_t enough = std::min(options.at_least, keys.size());
  std::unique_lock lock(mutex_);
  while (Fill(keys, values) < enough) {
    const Clock::Time now = clock_.Now();
    if (now >= options.deadline) break;
    if (options.cancelled != nullptr && options.cancelled->load()) break;
    changed_.wait_for(lock, std::min<Clock::Duration>(kSlice, options.deadline - now));
  }
  return values;
}

Result<std::vector<Entry>> MemoryStore::List(const Key& prefix) {
  std::vector<Entry> entries;
  const std::lock_guard lock(mutex_);
  for (auto at = values_.lower_bound(prefix); at != values_.end(); ++at) {
    if (!at->first.text().starts_with(prefix.text())) break;
    entries.push_back({.key = at->first, .bytes = at->second.size()});
  }
  return entries;
}

Result<void> MemoryStore::Delete(std::span<const Key> keys) {
  for (const Key& key : keys) TRY(CheckKey(key));
  const std::lock_guard lock(mutex_);
  for (const Key& key : keys) values_.erase(key);
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> Open(const Url& url, const StoreOptions& options) {
  if (!url.authority.empty() || !url.path.empty() || !url.query.empty()) {
    return Error{Code::kInvalid, StrCat(url.Printable(), ": a store in memory has no name or settings, write memory:")};
  }
  return std::unique_ptr<Store>(std::make_unique<MemoryStore>(options.clock));
}

}  // namespace lambdaml::memory
