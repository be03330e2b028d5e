// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/memcached_store.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "storage/key_rules.h"
#include "storage/memcached/cluster.h"
#include "storage/memcached/discovery.h"
#include "storage/memcached/settings.h"
#include "storage/memcached/wire_key.h"

namespace lambdaml::memcached {

namespace {

using std::chrono::seconds;

constexpr seconds kRelativeExptimeMax = std::chrono::hours(24 * 30);  // above it, the server reads a Unix time

Limits LimitsOf(const Settings& settings) {
  return {.value_bytes_max = settings.item_bytes,
          .key_bytes_max = kWireKeyBytesMax - ToWireKey(settings.prefix).size(),
          .batch_items_max = std::numeric_limits<std::size_t>::max(),
          .survives_process = true,
          .keeps_everything = false,
          .poll_pause_min = std::chrono::microseconds(100),
          .poll_pause_max = std::chrono::milliseconds(5)};  // a look costs no money, but time of the one server
}

class MemcachedStore final : public Store {
 public:
  MemcachedStore(std::string name, const Settings& settings, Cluster cluster, Clock& clock)
      : name_(std::move(name)),
        prefix_(settings.prefix),
        ttl_(settings.ttl),
        limits_(LimitsOf(settings)),
        cluster_(std::move(cluster)),
        clock_(clock) {}

  Result<void> Put(std::span<const PutItem> items) override;
  Result<Values> Get(std::span<const Key> keys) override;
  Result<Slices> Read(std::span<const Range> ranges) override;
  Result<std::vector<Entry>> List(const Key& prefix) override;
  Result<void> Delete(std::span<const Key> keys) override;
  const Limits& limits() const override { return limits_; }
  std::string name() const override { return name_; }

 private:
  using Numbers = std::vector<std::optional<std::uint64_t>>;  // one for each key, nothing where it is absent

  Result<std::string> WireKeyOf(const Key& key) const;
  Result<std::vector<std::string>> WireKeysOf(std::span<const Key> keys) const;
  Result<std::vector<std::string>> CheckedWireKeysOf(std::span<const PutItem> items) const;
  std::optional<Key> KeyOf(std::string_view wire_key) const;
  Result<Numbers> SizesOf(std::span<const std::string> wire_keys);
  Result<Numbers> VersionsOf(std::span<const PutItem> items, std::span<const std::string> wire_keys);
  std::int64_t Exptime() const;

  const std::string name_;
  const std::string prefix_;
  const seconds ttl_;
  const Limits limits_;
  Cluster cluster_;
  Clock& clock_;
};

Result<std::string> MemcachedStore::WireKeyOf(const Key& key) const {
  TRY(CheckKey(key, limits_.key_bytes_max));
  std::string wire_key = ToWireKey(prefix_ + key.text());
  if (wire_key.size() <= kWireKeyBytesMax) return wire_key;
  return Error{Code::kInvalid,
               StrCat("the key ", key.text().substr(0, 40), "... is too long for ", name_, ": use at most ",
                      limits_.key_bytes_max, " bytes, where a space and % count three")};
}

Result<std::vector<std::string>> MemcachedStore::WireKeysOf(std::span<const Key> keys) const {
  std::vector<std::string> wire_keys;
  wire_keys.reserve(keys.size());
  for (const Key& key : keys) wire_keys.push_back(TRY(WireKeyOf(key)));
  return wire_keys;
}

std::int64_t MemcachedStore::Exptime() const {
  if (ttl_ <= kRelativeExptimeMax) return ttl_.count();
  return clock_.UnixMs() / 1000 + ttl_.count();
}

Result<Values> MemcachedStore::Get(std::span<const Key> keys) {
  const std::vector<std::string> wire_keys = TRY(WireKeysOf(keys));
  Values values(keys.size());
  const auto ask = [&wire_keys](Pipeline& pipeline, std::size_t i) { pipeline.Get(wire_keys[i], i); };
  const auto take = [&values](const Reply& reply, Bytes value) {
    if (reply.kind == Reply::Kind::kValue) values[reply.index] = Blob(std::move(value));
  };
  TRY(cluster_.Run(wire_keys, {.ask = ask, .take = take}));
  return values;
}

Result<MemcachedStore::Numbers> MemcachedStore::SizesOf(std::span<const std::string> wire_keys) {
  Numbers sizes(wire_keys.size());
  const auto ask = [wire_keys](Pipeline& pipeline, std::size_t i) { pipeline.GetSize(wire_keys[i], i); };
  const auto take = [&sizes](const Reply& reply, const Bytes& /*value*/) {
    if (reply.kind == Reply::Kind::kDone) sizes[reply.index] = reply.bytes;
  };
  TRY(cluster_.Run(wire_keys, {.ask = ask, .take = take}));
  return sizes;
}

// The protocol gives values whole. Each is fetched once, however many parts of it are wanted.
Result<Slices> MemcachedStore::Read(std::span<const Range> ranges) {
  std::vector<Key> sized;
  std::vector<Key> fetched;
  for (const Range& range : ranges) (range.length == 0 ? sized : fetched).push_back(range.key);
  std::sort(fetched.begin(), fetched.end());
  fetched.erase(std::unique(fetched.begin(), fetched.end()), fetched.end());
  const Numbers sizes = TRY(SizesOf(TRY(WireKeysOf(sized))));
  const Values values = TRY(Get(fetched));
  Slices slices;
  auto size = sizes.begin();
  for (const Range& range : ranges) {
    std::optional<Slice>& slice = slices.emplace_back();
    if (range.length == 0) {
      if (*size) slice = Slice{.bytes = {}, .value_bytes = **size};
      ++size;
      continue;
    }
    const auto at = std::lower_bound(fetched.begin(), fetched.end(), range.key) - fetched.begin();
    const std::optional<Blob>& value = values[static_cast<std::size_t>(at)];
    if (value) slice = Slice{.bytes = value->Slice(range.offset, range.length), .value_bytes = value->size()};
  }
  return slices;
}

// The version of the present value of each item that is to replace an expected one, if it is that one.
Result<MemcachedStore::Numbers> MemcachedStore::VersionsOf(std::span<const PutItem> items,
                                                           std::span<const std::string> wire_keys) {
  Numbers versions(items.size());
  const auto is_replacement = [](const PutItem& item) { return item.condition == Condition::kIfEquals; };
  if (std::none_of(items.begin(), items.end(), is_replacement)) return versions;
  const auto ask = [&](Pipeline& pipeline, std::size_t i) {
    if (is_replacement(items[i])) pipeline.GetWithCas(wire_keys[i], i);
  };
  const auto take = [&](const Reply& reply, const Bytes& value) {
    if (std::ranges::equal(value, items[reply.index].expected)) versions[reply.index] = reply.cas_unique;
  };
  TRY(cluster_.Run(wire_keys, {.ask = ask, .take = take}));
  return versions;
}

Result<std::vector<std::string>> MemcachedStore::CheckedWireKeysOf(std::span<const PutItem> items) const {
  std::vector<std::string> wire_keys;
  wire_keys.reserve(items.size());
  for (const PutItem& item : items) {
    wire_keys.push_back(TRY(WireKeyOf(item.key)));
    if (item.value.size() <= limits_.value_bytes_max) continue;
    return Error{Code::kInvalid, StrCat("the value of ", item.key.text(), " has ", item.value.size(), " bytes: ", name_,
                                        " takes at most ", limits_.value_bytes_max, ", see ?item= of its URL")};
  }
  return wire_keys;
}

Result<void> MemcachedStore::Put(std::span<const PutItem> items) {
  const std::vector<std::string> wire_keys = TRY(CheckedWireKeysOf(items));
  const Numbers versions = TRY(VersionsOf(items, wire_keys));
  std::optional<std::size_t> conflict;
  const auto ask = [&](Pipeline& pipeline, std::size_t i) {
    const Condition condition = items[i].condition;
    if (condition == Condition::kIfEquals && !versions[i]) {
      conflict = i;
      return;
    }
    pipeline.Set(wire_keys[i], items[i].value,
                 {.exptime = Exptime(), .add = condition == Condition::kIfAbsent, .cas_unique = versions[i]}, i);
  };
  const auto take = [&](const Reply& reply, const Bytes& /*value*/) {
    if (reply.kind != Reply::Kind::kDone) conflict = reply.index;
  };
  const bool repeatable =
      std::all_of(items.begin(), items.end(), [](const PutItem& item) { return item.condition == Condition::kAlways; });
  TRY(cluster_.Run(wire_keys, {.ask = ask, .take = take, .repeatable = repeatable}));
  if (conflict) return ConflictError(items[*conflict], *this);
  return {};
}

Result<void> MemcachedStore::Delete(std::span<const Key> keys) {
  const std::vector<std::string> wire_keys = TRY(WireKeysOf(keys));
  const auto ask = [&wire_keys](Pipeline& pipeline, std::size_t i) { pipeline.Delete(wire_keys[i], i); };
  return cluster_.Run(wire_keys, {.ask = ask});
}

// Others' items, and keys that no Put of this store writes, are passed over.
std::optional<Key> MemcachedStore::KeyOf(std::string_view wire_key) const {
  const std::optional<std::string> text = FromWireKey(wire_key);
  if (!text || !text->starts_with(prefix_)) return std::nullopt;
  Key key(text->substr(prefix_.size()));
  if (!CheckKey(key, limits_.key_bytes_max).ok()) return std::nullopt;
  return key;
}

Result<std::vector<Entry>> MemcachedStore::List(const Key& prefix) {
  std::vector<std::string> wire_keys = TRY(cluster_.WireKeys(ToWireKey(prefix_ + prefix.text())));
  std::sort(wire_keys.begin(), wire_keys.end());
  wire_keys.erase(std::unique(wire_keys.begin(), wire_keys.end()), wire_keys.end());
  const Numbers sizes = TRY(SizesOf(wire_keys));
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < wire_keys.size(); ++i) {
    std::optional<Key> key = KeyOf(wire_keys[i]);
    if (key && sizes[i]) entries.push_back({.key = std::move(*key), .bytes = *sizes[i]});
  }
  std::ranges::sort(entries, {}, &Entry::key);
  return entries;
}

}  // namespace

Result<std::unique_ptr<Store>> Open(const Url& url, const StoreOptions& options) {
  const Settings settings = TRY(ParseSettings(url, options.environment));
  Access access{.user = settings.user, .password = settings.password};
  if (settings.tls) access.trust = TRY(TlsTrust::Load(settings.ca_file).Context(url.Printable()));
  std::vector<Endpoint> nodes = settings.endpoints;
  if (settings.discovery) nodes = TRY(DiscoverNodes(settings.endpoints[0], access, options.clock));
  return std::unique_ptr<Store>(std::make_unique<MemcachedStore>(
      url.Printable(), settings, TRY(Cluster::Of(nodes, access, options.clock)), options.clock));
}

}  // namespace lambdaml::memcached
