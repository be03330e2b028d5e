// SPDX-License-Identifier: Apache-2.0
#include "storage/dynamodb/dynamodb_store.h"

#include <algorithm>
#include <atomic>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "storage/dynamodb/batch.h"
#include "storage/dynamodb/settings.h"
#include "storage/dynamodb/table.h"
#include "storage/key_rules.h"

namespace lambdaml::dynamodb {

namespace {

constexpr Limits kLimits{.value_bytes_max = kValueBytesMax,
                         .batch_items_max = kReadsMax,
                         .survives_process = true,
                         .poll_pause_min = std::chrono::milliseconds(5),
                         .poll_pause_max = std::chrono::milliseconds(90)};  // sqrt(2 * 1 s * 1.25e-7 / 2.9e-5)

class DynamoDbStore final : public Store {
 public:
  DynamoDbStore(Settings settings, const StoreOptions& options) : service_(std::move(settings), options) {}

  Result<void> Put(std::span<const PutItem> items) override;
  Result<Values> Get(std::span<const Key> keys) override;
  Result<Slices> Read(std::span<const Range> ranges) override;
  Result<std::vector<Entry>> List(const Key& prefix) override;
  Result<void> Delete(std::span<const Key> keys) override;
  const Limits& limits() const override { return kLimits; }
  std::string name() const override { return settings().name; }

 private:
  // Items of which no two have the same key, so that they may be written in any order.
  struct Step {
    std::vector<const PutItem*> plain;
    std::vector<const PutItem*> conditional;
    std::unordered_map<Key, std::size_t> plain_index;
    std::unordered_set<Key> conditional_keys;

    bool Add(const PutItem& item);  // false if it must wait for those before it
  };
  using Found = std::vector<std::optional<StoredItem>>;

  const Settings& settings() const { return service_.settings(); }
  std::int64_t NowUnixSeconds() const { return service_.clock().UnixMs() / 1000; }
  Write WriteOf(const PutItem& item) const;
  Result<void> CheckItem(const PutItem& item) const;
  Result<void> Ready();
  Error WithoutTable(Error error);
  Result<void> PutStep(const Step& step);
  Result<void> PutConditional(std::span<const PutItem* const> items);
  Result<Found> Fetch(std::span<const Range> ranges);

  Service service_;
  ReadSize read_size_;
  std::atomic<bool> table_is_there_{false};  // as far as this store, which may create it, knows
};

bool DynamoDbStore::Step::Add(const PutItem& item) {
  const auto at = plain_index.find(item.key);
  if (item.condition == Condition::kAlways && !conditional_keys.contains(item.key)) {
    if (at != plain_index.end()) {
      plain[at->second] = &item;
      return true;
    }
    plain_index.emplace(item.key, plain.size());
    plain.push_back(&item);
    return true;
  }
  if (item.condition == Condition::kAlways || at != plain_index.end()) return false;
  if (!conditional_keys.insert(item.key).second) return false;
  conditional.push_back(&item);
  return true;
}

Result<void> DynamoDbStore::CheckItem(const PutItem& item) const {
  TRY(CheckKey(item.key, kLimits.key_bytes_max));
  if (item.value.size() <= kValueBytesMax) return {};
  return Error{Code::kInvalid, StrCat(name(), ": the value of ", item.key.text(), " has ", item.value.size(),
                                      " bytes: an item may have ", kValueBytesMax)};
}

Write DynamoDbStore::WriteOf(const PutItem& item) const {
  const auto lifetime = settings().time_to_live;
  return {.key = settings().prefix + item.key.text(),
          .value = item.value,
          .expires_unix_s = lifetime ? NowUnixSeconds() + lifetime->count() : 0};
}

Result<void> DynamoDbStore::Ready() {
  if (!settings().create || table_is_there_) return {};
  TRY(EnsureTable(service_));
  table_is_there_ = true;
  return {};
}

Error DynamoDbStore::WithoutTable(Error error) {
  if (error.code != Code::kNotFound) return error;
  const std::string what =
      StrCat(name(), ": there is no table ", settings().table, " in ", settings().region, " at ", settings().server());
  if (!settings().create) return {Code::kInvalid, what + ": add ?create=true, or check the name and the region"};
  // Somebody has deleted it; the next try makes it again.
  table_is_there_ = false;
  return {Code::kUnavailable, what + " any more"};
}

Result<void> DynamoDbStore::PutConditional(std::span<const PutItem* const> items) {
  std::vector<Call> calls;
  const std::int64_t now = NowUnixSeconds();
  for (const PutItem* const item : items)
    calls.push_back({.operation = "PutItem", .body = ConditionalPutText(settings(), WriteOf(*item), *item, now)});
  Result<void> outcome;
  service_.SendAll(std::move(calls), [&](std::size_t i, Result<std::string> answer) {
    if (answer.ok()) return;
    const bool lost = answer.error().code == Code::kConflict;
    if (lost && outcome.ok()) outcome = ConflictError(*items[i], *this);
    if (!lost && (outcome.ok() || outcome.error().code == Code::kConflict)) outcome = std::move(answer).error();
  });
  return outcome;
}

Result<void> DynamoDbStore::PutStep(const Step& step) {
  std::vector<Write> writes;
  writes.reserve(step.plain.size());
  for (const PutItem* const item : step.plain) writes.push_back(WriteOf(*item));
  TRY(WriteItems(service_, writes));
  return PutConditional(step.conditional);
}

Result<void> DynamoDbStore::Put(std::span<const PutItem> items) {
  for (const PutItem& item : items) TRY(CheckItem(item));
  TRY(Ready());
  Result<void> outcome;
  for (std::size_t next = 0; next < items.size();) {
    Step step;
    while (next < items.size() && step.Add(items[next])) ++next;
    Result<void> put = PutStep(step);
    if (put.ok()) continue;
    if (put.error().code != Code::kConflict) return WithoutTable(std::move(put).error());
    outcome = std::move(put);
  }
  return outcome;
}

// A key that is asked for several times is read once, whole if one of the ranges has bytes.
Result<DynamoDbStore::Found> DynamoDbStore::Fetch(std::span<const Range> ranges) {
  std::vector<Wanted> wanted;
  std::unordered_map<Key, std::size_t> index;
  for (const Range& range : ranges) {
    TRY(CheckKey(range.key, kLimits.key_bytes_max));
    const auto [at, added] = index.emplace(range.key, wanted.size());
    if (added) wanted.push_back({.key = settings().prefix + range.key.text(), .projection = Projection::kSize});
    if (range.length != 0) wanted[at->second].projection = Projection::kValue;
  }
  TRY(Ready());
  Result<Found> read = ReadItems(service_, wanted, read_size_);
  if (!read.ok()) return WithoutTable(std::move(read).error());
  const std::int64_t now = NowUnixSeconds();
  Found found;
  found.reserve(ranges.size());
  for (const Range& range : ranges) {
    const std::optional<StoredItem>& item = found.emplace_back(read.value()[index.at(range.key)]);
    if (item && item->expires_unix_s != 0 && item->expires_unix_s <= now) found.back().reset();
  }
  return found;
}

Result<Values> DynamoDbStore::Get(std::span<const Key> keys) {
  std::vector<Range> ranges;
  ranges.reserve(keys.size());
  for (const Key& key : keys) ranges.push_back({.key = key});
  Values values;
  values.reserve(keys.size());
  for (std::optional<StoredItem>& item : TRY(Fetch(ranges))) {
    values.emplace_back();
    if (item) values.back() = std::move(item->value);
  }
  return values;
}

Result<Slices> DynamoDbStore::Read(std::span<const Range> ranges) {
  const Found found = TRY(Fetch(ranges));
  Slices slices(ranges.size());
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (!found[i]) continue;
    slices[i] =
        Slice{.bytes = found[i]->value.Slice(ranges[i].offset, ranges[i].length), .value_bytes = found[i]->value_bytes};
  }
  return slices;
}

Result<std::vector<Entry>> DynamoDbStore::List(const Key& prefix) {
  TRY(Ready());
  Result<std::vector<StoredItem>> items = ScanTable(service_, settings().prefix + prefix.text());
  if (!items.ok()) return WithoutTable(std::move(items).error());
  const std::int64_t now = NowUnixSeconds();
  std::vector<Entry> entries;
  for (const StoredItem& item : items.value()) {
    if (item.expires_unix_s != 0 && item.expires_unix_s <= now) continue;
    entries.push_back({.key = Key(item.key.substr(settings().prefix.size())), .bytes = item.value_bytes});
  }
  std::ranges::sort(entries, {}, &Entry::key);
  return entries;
}

Result<void> DynamoDbStore::Delete(std::span<const Key> keys) {
  std::vector<Write> writes;
  std::unordered_set<Key> seen;
  for (const Key& key : keys) {
    TRY(CheckKey(key, kLimits.key_bytes_max));
    if (seen.insert(key).second) writes.push_back({.key = settings().prefix + key.text(), .value = {}});
  }
  TRY(Ready());
  Result<void> deleted = WriteItems(service_, writes);
  if (!deleted.ok()) return WithoutTable(std::move(deleted).error());
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> Open(const Url& url, const StoreOptions& options) {
  Settings settings = TRY(ReadSettings(url, options.environment));
  return std::unique_ptr<Store>(std::make_unique<DynamoDbStore>(std::move(settings), options));
}

}  // namespace lambdaml::dynamodb
