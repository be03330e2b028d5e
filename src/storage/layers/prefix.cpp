// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/prefix.h"

#include <algorithm>

#include "base/text.h"
#include "storage/key_rules.h"

namespace lambdaml {

namespace {

class PrefixedStore final : public Store {
 public:
  PrefixedStore(std::unique_ptr<Store> store, Key prefix)
      : store_(std::move(store)), prefix_(std::move(prefix)), limits_(store_->limits()) {
    limits_.key_bytes_max -= std::min(limits_.key_bytes_max, prefix_.text().size());
  }

  Result<void> Put(std::span<const PutItem> items) override {
    std::vector<PutItem> puts(items.begin(), items.end());
    for (PutItem& put : puts) put.key = TRY(Full(put.key));
    return store_->Put(puts);
  }

  Result<Values> Get(std::span<const Key> keys) override { return store_->Get(TRY(Full(keys))); }

  Result<Slices> Read(std::span<const Range> ranges) override {
    std::vector<Range> reads(ranges.begin(), ranges.end());
    for (Range& read : reads) read.key = TRY(Full(read.key));
    return store_->Read(reads);
  }

  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override {
    return store_->Wait(TRY(Full(keys)), options);
  }

  Result<std::vector<Entry>> List(const Key& prefix) override {
    auto entries = TRY(store_->List(Key(prefix_.text() + prefix.text())));
    // A key that is the prefix itself has no name here.
    std::erase_if(entries, [this](const Entry& entry) { return entry.key == prefix_; });
    for (Entry& entry : entries) entry.key = Key(entry.key.text().substr(prefix_.text().size()));
    return entries;
  }

  Result<void> Delete(std::span<const Key> keys) override { return store_->Delete(TRY(Full(keys))); }
  const Limits& limits() const override { return limits_; }
  std::string name() const override { return StrCat(store_->name(), " below ", prefix_.text()); }

 private:
  Result<Key> Full(const Key& key) const {
    TRY(CheckKey(key, limits_.key_bytes_max));
    return Key(prefix_.text() + key.text());
  }

  Result<std::vector<Key>> Full(std::span<const Key> keys) const {
    std::vector<Key> full;
    full.reserve(keys.size());
    for (const Key& key : keys) full.push_back(TRY(Full(key)));
    return full;
  }

  std::unique_ptr<Store> store_;
  Key prefix_;
  Limits limits_;
};

}  // namespace

std::unique_ptr<Store> WithPrefix(std::unique_ptr<Store> store, Key prefix) {
  return std::make_unique<PrefixedStore>(std::move(store), std::move(prefix));
}

}  // namespace lambdaml
