// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/redis_store.h"

#include <algorithm>

#include "base/text.h"
#include "storage/key_rules.h"
#include "storage/redis/listing.h"
#include "storage/redis/pool.h"
#include "storage/redis/settings.h"
#include "storage/redis/slices.h"
#include "storage/redis/waiter.h"
#include "storage/redis/write.h"

namespace lambdaml::redis {

namespace {

constexpr std::chrono::milliseconds kSlice{100};  // how late a cancellation may be seen

constexpr Limits kLimits{.value_bytes_max = kBulkBytesMax,
                         .batch_items_max = kWindowItems,
                         .survives_process = true,
                         .waits_natively = true};

class RedisStore final : public Store {
 public:
  RedisStore(std::string name, Settings settings, Clock& clock)
      : name_(std::move(name)), clock_(clock), pool_(std::move(settings), clock) {}

  Result<void> Put(std::span<const PutItem> items) override;
  Result<Values> Get(std::span<const Key> keys) override;
  Result<Slices> Read(std::span<const Range> ranges) override;
  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override;
  Result<std::vector<Entry>> List(const Key& prefix) override;
  Result<void> Delete(std::span<const Key> keys) override;
  const Limits& limits() const override { return kLimits; }
  std::string name() const override { return name_; }

 private:
  // With the prefix, as the server knows them.
  Result<std::vector<std::string>> FullKeys(std::span<const Key> keys) const;
  bool Finished(const WaitOptions& options) const;

  std::string name_;
  Clock& clock_;
  Pool pool_;
  ValueSizes sizes_;
};

Result<std::vector<std::string>> RedisStore::FullKeys(std::span<const Key> keys) const {
  std::vector<std::string> full;
  full.reserve(keys.size());
  for (const Key& key : keys) {
    TRY(CheckKey(key));
    full.push_back(pool_.settings().prefix + key.text());
  }
  return full;
}

Result<void> RedisStore::Put(std::span<const PutItem> items) {
  std::uint64_t largest = 0;
  for (const PutItem& item : items) {
    TRY(CheckKey(item.key));
    largest = std::max<std::uint64_t>(largest, item.value.size());
    if (largest > kBulkBytesMax) {
      return Error{Code::kInvalid, StrCat(item.key.text(), " has ", largest, " bytes: ", name_, " takes at most ",
                                          kBulkBytesMax, " in one value")};
    }
  }
  if (items.empty()) return {};
  if (largest > 0) sizes_.Seen(largest);
  const Pool::Lease connection = TRY(pool_.Borrow());
  const std::optional<std::size_t> conflict = TRY(Write(*connection, pool_.settings(), items));
  if (conflict) return ConflictError(items[*conflict], *this);
  return {};
}

Result<Values> RedisStore::Get(std::span<const Key> keys) {
  const std::vector<std::string> full = TRY(FullKeys(keys));
  if (full.empty()) return Values();
  const Pool::Lease connection = TRY(pool_.Borrow());
  Fetcher fetcher(*connection, full, sizes_);
  while (!fetcher.done()) {
    TRY(fetcher.Ask());
    TRY(fetcher.Read());
  }
  return std::move(fetcher).TakeValues();
}

Result<Slices> RedisStore::Read(std::span<const Range> ranges) {
  std::vector<Key> keys;
  for (const Range& range : ranges) keys.push_back(range.key);
  const std::vector<std::string> full = TRY(FullKeys(keys));
  if (full.empty()) return Slices();
  const Pool::Lease connection = TRY(pool_.Borrow());
  return FetchSlices(*connection, full, ranges, sizes_);
}

bool RedisStore::Finished(const WaitOptions& options) const {
  return (options.cancelled != nullptr && options.cancelled->load()) || clock_.Now() >= options.deadline;
}

Result<Values> RedisStore::Wait(std::span<const Key> keys, const WaitOptions& options) {
  if (Enough(Values(keys.size()), options) || Finished(options)) return Get(keys);
  const std::vector<std::string> full = TRY(FullKeys(keys));
  const Pool::Lease connection = TRY(pool_.Borrow(Pool::Use::kWaiting));
  Waiter waiter(*connection, full, sizes_, clock_);
  TRY(waiter.Begin(pool_.settings().database));
  while (!Enough(waiter.values(), options) && !Finished(options)) {
    TRY(waiter.Listen(std::min(options.deadline, clock_.Now() + kSlice)));
  }
  return std::move(waiter).TakeValues();
}

Result<std::vector<Entry>> RedisStore::List(const Key& prefix) {
  const Pool::Lease connection = TRY(pool_.Borrow());
  return ListKeys(*connection, pool_.settings().prefix, prefix.text());
}

Result<void> RedisStore::Delete(std::span<const Key> keys) {
  const std::vector<std::string> full = TRY(FullKeys(keys));
  if (full.empty()) return {};
  const Pool::Lease connection = TRY(pool_.Borrow());
  for (std::size_t begin = 0; begin < full.size(); begin += kWindowItems) {
    const auto window = std::span(full).subspan(begin, std::min(kWindowItems, full.size() - begin));
    Commands commands;
    commands.Begin(1 + window.size());
    commands.Add("UNLINK");
    for (const std::string& key : window) commands.Add(key);
    TRY(connection->Send(commands, 1));
    TRY(connection->NextGood());
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> Open(const Url& url, const StoreOptions& options) {
  Settings settings = TRY(ParseSettings(url, options.environment));
  return std::unique_ptr<Store>(std::make_unique<RedisStore>(url.Printable(), std::move(settings), options.clock));
}

}  // namespace lambdaml::redis
