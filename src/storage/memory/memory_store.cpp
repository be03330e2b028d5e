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

// The values of all stores of one name.
struct Shelf {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<Key, Blob> values;
};

// The shelf of a name, as long as somebody has it.
std::shared_ptr<Shelf> ShelfOf(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<Shelf>> shelves;
  const std::lock_guard lock(mutex);
  std::weak_ptr<Shelf>& known = shelves[name];
  std::shared_ptr<Shelf> shelf = known.lock();
  if (!shelf) known = shelf = std::make_shared<Shelf>();
  return shelf;
}

class MemoryStore final : public Store {
 public:
  MemoryStore(std::string name, std::shared_ptr<Shelf> shelf, Clock& clock)
      : name_(std::move(name)), shelf_(std::move(shelf)), clock_(clock) {}

  Result<void> Put(std::span<const PutItem> items) override;
  Result<Values> Get(std::span<const Key> keys) override;
  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override;
  Result<std::vector<Entry>> List(const Key& prefix) override;
  Result<void> Delete(std::span<const Key> keys) override;
  const Limits& limits() const override { return kLimits; }
  std::string name() const override { return name_; }

 private:
  // Whether the condition holds. Needs the lock.
  bool Allows(const PutItem& item) const;

  // Fills the entries that are still missing. Needs the lock.
  void Fill(std::span<const Key> keys, Values& values) const;

  std::string name_;
  std::shared_ptr<Shelf> shelf_;
  Clock& clock_;
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
    const std::lock_guard lock(shelf_->mutex);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (Allows(items[i])) {
        shelf_->values[items[i].key] = copies[i];
      } else {
        conflict = &items[i];
      }
    }
  }
  shelf_->changed.notify_all();
  if (conflict != nullptr) return ConflictError(*conflict, *this);
  return {};
}

bool MemoryStore::Allows(const PutItem& item) const {
  if (item.condition == Condition::kAlways) return true;
  const auto at = shelf_->values.find(item.key);
  if (item.condition == Condition::kIfAbsent) return at == shelf_->values.end();
  return at != shelf_->values.end() && std::ranges::equal(at->second.span(), item.expected);
}

void MemoryStore::Fill(std::span<const Key> keys, Values& values) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (values[i]) continue;
    const auto at = shelf_->values.find(keys[i]);
    if (at != shelf_->values.end()) values[i] = at->second;
  }
}

Result<Values> MemoryStore::Get(std::span<const Key> keys) {
  for (const Key& key : keys) TRY(CheckKey(key));
  Values values(keys.size());
  const std::lock_guard lock(shelf_->mutex);
  Fill(keys, values);
  return values;
}

Result<Values> MemoryStore::Wait(std::span<const Key> keys, const WaitOptions& options) {
  for (const Key& key : keys) TRY(CheckKey(key));
  Values values(keys.size());
  std::unique_lock lock(shelf_->mutex);
  for (Fill(keys, values); !Enough(values, options); Fill(keys, values)) {
    const Clock::Time now = clock_.Now();
    if (now >= options.deadline) break;
    if (options.cancelled != nullptr && options.cancelled->load()) break;
    shelf_->changed.wait_for(lock, std::min<Clock::Duration>(kSlice, options.deadline - now));
  }
  return values;
}

Result<std::vector<Entry>> MemoryStore::List(const Key& prefix) {
  std::vector<Entry> entries;
  const std::lock_guard lock(shelf_->mutex);
  for (auto at = shelf_->values.lower_bound(prefix); at != shelf_->values.end(); ++at) {
    if (!at->first.text().starts_with(prefix.text())) break;
    entries.push_back({.key = at->first, .bytes = at->second.size()});
  }
  return entries;
}

Result<void> MemoryStore::Delete(std::span<const Key> keys) {
  for (const Key& key : keys) TRY(CheckKey(key));
  const std::lock_guard lock(shelf_->mutex);
  for (const Key& key : keys) shelf_->values.erase(key);
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> Open(const Url& url, const StoreOptions& options) {
  if (!url.path.empty() || !url.query.empty()) {
    return Error{
        Code::kInvalid,
        StrCat(url.Printable(), ": a store in memory has no folders or settings, write memory: or memory://name")};
  }
  std::shared_ptr<Shelf> shelf = url.authority.empty() ? std::make_shared<Shelf>() : ShelfOf(url.authority);
  return std::unique_ptr<Store>(std::make_unique<MemoryStore>(url.Printable(), std::move(shelf), options.clock));
}

}  // namespace lambdaml::memory
