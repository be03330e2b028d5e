// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/chunk.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <unordered_set>

#include "base/text.h"
#include "storage/key_rules.h"
#include "storage/layers/chunk_format.h"
#include "storage/layers/chunk_reader.h"
#include "storage/layers/chunk_writer.h"
#include "storage/layers/pause.h"

namespace lambdaml {

namespace {

constexpr Clock::Duration kPause = std::chrono::milliseconds(20);

// Keys under which this store has last written a plain value, so that deleting them needs no look. A key that another
// writer has given a large value meanwhile leaves its chunks, as a small value in its place would.
class PlainKeys {
 public:
  void Add(const Key& key) {
    const std::lock_guard lock(mutex_);
    if (keys_.size() >= kKeysMax) keys_.clear();
    keys_.insert(std::hash<Key>()(key));
  }

  // Whether it was there.
  bool Remove(const Key& key) {
    const std::lock_guard lock(mutex_);
    return keys_.erase(std::hash<Key>()(key)) > 0;
  }

 private:
  static constexpr std::size_t kKeysMax = 1U << 16U;

  std::mutex mutex_;
  std::unordered_set<std::size_t> keys_;
};

class ChunkedStore final : public Store {
 public:
  ChunkedStore(std::unique_ptr<Store> store, Clock& clock, std::uint64_t seed)
      : store_(std::move(store)),
        clock_(clock),
        reader_(*store_, clock),
        writer_(*store_, reader_, seed),
        limits_(store_->limits()) {
    limits_.value_bytes_max = std::max(limits_.value_bytes_max, writer_.value_bytes_max());
    limits_.key_bytes_max -= std::min(limits_.key_bytes_max, chunk::kSuffixBytes);
  }

  Result<void> Put(std::span<const PutItem> items) override;
  Result<Values> Get(std::span<const Key> keys) override;
  Result<Slices> Read(std::span<const Range> ranges) override;
  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override;
  Result<std::vector<Entry>> List(const Key& prefix) override;
  Result<void> Delete(std::span<const Key> keys) override;
  const Limits& limits() const override { return limits_; }
  std::string name() const override { return store_->name(); }

 private:
  // A chunk's key may be longer; whoever has it from List may read and delete it.
  Result<void> Check(const Key& key) const {
    return CheckKey(key, chunk::ParseChunkKey(key) ? store_->limits().key_bytes_max : limits_.key_bytes_max);
  }

  Result<std::vector<Key>> ChunksOf(std::span<const Key> keys);

  std::unique_ptr<Store> store_;
  Clock& clock_;
  chunk::Reader reader_;
  chunk::Writer writer_;
  Limits limits_;
  PlainKeys plain_;
};

Result<void> ChunkedStore::Put(std::span<const PutItem> items) {
  for (const PutItem& item : items) {
    TRY(CheckKey(item.key, limits_.key_bytes_max));
    if (!chunk::ParseChunkKey(item.key)) continue;
    return Error{Code::kInvalid, StrCat("the key ", item.key.text(), " ends like that of a chunk: use another")};
  }
  const bool plain = std::ranges::none_of(items, [this](const PutItem& item) { return writer_.Concerns(item); });
  for (const PutItem& item : items) plain_.Remove(item.key);
  if (!plain) return writer_.Put(items);
  TRY(store_->Put(items));
  for (const PutItem& item : items) plain_.Add(item.key);
  return {};
}

Result<Values> ChunkedStore::Get(std::span<const Key> keys) {
  for (const Key& key : keys) TRY(Check(key));
  return reader_.Assembled(keys, TRY(store_->Get(keys)));
}

Result<Slices> ChunkedStore::Read(std::span<const Range> ranges) {
  for (const Range& range : ranges) TRY(Check(range.key));
  return reader_.Read(ranges);
}

// A value may go between its manifest and its chunks; then the wait is not over.
Result<Values> ChunkedStore::Wait(std::span<const Key> keys, const WaitOptions& options) {
  for (const Key& key : keys) TRY(Check(key));
  for (;;) {
    Values values = TRY(reader_.Assembled(keys, TRY(store_->Wait(keys, options))));
    const Clock::Time now = clock_.Now();
    const bool cancelled = options.cancelled != nullptr && options.cancelled->load();
    if (Enough(values, options) || now >= options.deadline || cancelled) return values;
    PauseUntil(clock_, std::min<Clock::Time>(now + kPause, options.deadline), options.cancelled);
  }
}

Result<std::vector<Entry>> ChunkedStore::List(const Key& prefix) {
  std::vector<Entry> entries = TRY(store_->List(prefix));
  // The keys that may be values in chunks: those that chunks name, and those of a manifest's size.
  std::map<Key, std::optional<chunk::Manifest>> manifests;
  for (const Entry& entry : entries) {
    const auto name = chunk::ParseChunkKey(entry.key);
    if (name || entry.bytes == chunk::kManifestBytes) manifests[name ? name->value : entry.key] = {};
  }
  if (manifests.empty()) return entries;
  std::vector<Key> keys;
  keys.reserve(manifests.size());
  for (const auto& [key, manifest] : manifests) keys.push_back(key);
  const auto found = TRY(reader_.Manifests(keys));
  for (std::size_t i = 0; i < keys.size(); ++i) manifests[keys[i]] = found[i];

  std::erase_if(entries, [&manifests](const Entry& entry) {
    const auto name = chunk::ParseChunkKey(entry.key);
    if (!name) return false;
    const auto& manifest = manifests[name->value];
    return manifest && manifest->generation == name->generation;
  });
  for (Entry& entry : entries) {
    const auto at = manifests.find(entry.key);
    if (at != manifests.end() && at->second) entry.bytes = at->second->value_bytes;
  }
  return entries;
}

// The manifests go first, so that nobody finds one whose chunks are gone.
Result<void> ChunkedStore::Delete(std::span<const Key> keys) {
  for (const Key& key : keys) TRY(Check(key));
  const std::vector<Key> chunks = TRY(ChunksOf(keys));
  TRY(store_->Delete(keys));
  return chunks.empty() ? Result<void>() : store_->Delete(chunks);
}

Result<std::vector<Key>> ChunkedStore::ChunksOf(std::span<const Key> keys) {
  std::vector<Range> ranges;
  for (const Key& key : keys) {
    if (!plain_.Remove(key) && !chunk::ParseChunkKey(key)) ranges.push_back({.key = key, .offset = 0, .length = 0});
  }
  std::vector<Key> chunks;
  if (ranges.empty()) return chunks;
  const Slices sizes = TRY(store_->Read(ranges));
  std::vector<Key> chunked;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] && sizes[i]->value_bytes == chunk::kManifestBytes) chunked.push_back(ranges[i].key);
  }
  if (chunked.empty()) return chunks;
  const auto manifests = TRY(reader_.Manifests(chunked));
  for (std::size_t i = 0; i < chunked.size(); ++i) {
    if (manifests[i]) chunk::AppendChunkKeys(chunked[i], *manifests[i], chunks);
  }
  return chunks;
}

}  // namespace

std::unique_ptr<Store> WithChunks(std::unique_ptr<Store> store, Clock& clock, std::uint64_t seed) {
  return std::make_unique<ChunkedStore>(std::move(store), clock, seed);
}

}  // namespace lambdaml
