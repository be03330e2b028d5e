// SPDX-License-Identifier: Apache-2.0
#include "storage/ops.h"

#include "base/text.h"

namespace lambdaml {

namespace {

Result<void> SaveWith(Store& store, const Key& key, ByteSpan value, Condition condition) {
  const PutItem item{.key = key, .value = value, .condition = condition};
  return store.Put({&item, 1});
}

Error Missing(Code code, const Store& store, const Key& key, std::string_view what) {
  return {code, StrCat(what, " ", key.text(), " in ", store.name())};
}

}  // namespace

Result<void> Save(Store& store, const Key& key, ByteSpan value) {
  return SaveWith(store, key, value, Condition::kAlways);
}

Result<void> SaveIfAbsent(Store& store, const Key& key, ByteSpan value) {
  return SaveWith(store, key, value, Condition::kIfAbsent);
}

Result<void> Replace(Store& store, const Key& key, ByteSpan value, ByteSpan expected) {
  const PutItem item{.key = key, .value = value, .condition = Condition::kIfEquals, .expected = expected};
  return store.Put({&item, 1});
}

Result<Blob> Load(Store& store, const Key& key) {
  Values values = TRY(store.Get({&key, 1}));
  if (!values[0]) return Missing(Code::kNotFound, store, key, "there is no");
  return *std::move(values[0]);
}

Result<Blob> LoadOrWait(Store& store, const Key& key, Clock::Time deadline) {
  Values values = TRY(store.Wait({&key, 1}, {.deadline = deadline}));
  if (!values[0]) return Missing(Code::kTimeout, store, key, "nobody wrote");
  return *std::move(values[0]);
}

Result<void> Remove(Store& store, const Key& key) { return store.Delete({&key, 1}); }

Result<void> RemoveAll(Store& store, std::span<const Key> keys) { return store.Delete(keys); }

Result<std::vector<Entry>> ListBelow(Store& store, const Key& prefix) {
  const bool whole = prefix.empty() || prefix.text().ends_with('/');
  return store.List(whole ? prefix : Key(prefix.text() + "/"));
}

Result<std::size_t> Clear(Store& store, const Key& prefix) {
  if (prefix.empty()) {
    return Error{Code::kInvalid, StrCat("refused to delete everything in ", store.name(), ": give a prefix")};
  }
  std::vector<Key> keys;
  for (Entry& entry : TRY(ListBelow(store, prefix))) keys.push_back(std::move(entry.key));
  TRY(store.Delete(keys));
  return keys.size();
}

}  // namespace lambdaml
