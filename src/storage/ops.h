// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everyday operations over any Store, written once.

#include <string_view>

#include "storage/store.h"

namespace lambdaml {

Result<void> Save(Store& store, const Key& key, ByteSpan value);
Result<void> SaveIfAbsent(Store& store, const Key& key, ByteSpan value);  // kConflict if it exists

Result<Blob> Load(Store& store, const Key& key);  // kNotFound names the key and the store

// kTimeout names the key and the store.
Result<Blob> LoadOrWait(Store& store, const Key& key, Clock::Time deadline);

Result<void> Remove(Store& store, const Key& key);

// Deletes every key below `prefix` (prefix + "/"...), and nothing else. kInvalid for the empty prefix. Returns how
// many.
Result<std::size_t> Clear(Store& store, const Key& prefix);

}  // namespace lambdaml
