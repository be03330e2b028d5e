// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everyday operations over any Store, written once. Files and folders, and copies between stores, are in
// storage/transfer.h.

#include <span>
#include <string_view>

#include "storage/store.h"

namespace lambdaml {

Result<void> Save(Store& store, const Key& key, ByteSpan value);
Result<void> SaveIfAbsent(Store& store, const Key& key, ByteSpan value);  // kConflict if it exists

// kConflict unless the key exists and its value is `expected`.
Result<void> Replace(Store& store, const Key& key, ByteSpan value, ByteSpan expected);

Result<Blob> Load(Store& store, const Key& key);  // kNotFound names the key and the store

// kTimeout names the key and the store.
Result<Blob> LoadOrWait(Store& store, const Key& key, Clock::Time deadline);

// Deleting what is not there succeeds.
Result<void> Remove(Store& store, const Key& key);
Result<void> RemoveAll(Store& store, std::span<const Key> keys);

// Every key below `prefix` (prefix + "/"...), in key order; all of them below the empty prefix.
Result<std::vector<Entry>> ListBelow(Store& store, const Key& prefix);

// Deletes every key below `prefix`, and nothing else. kInvalid for the empty prefix. Returns how many.
Result<std::size_t> Clear(Store& store, const Key& prefix);

}  // namespace lambdaml
