// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every backend demands of a key, and says when a condition fails.

#include <cstddef>

#include "base/key.h"
#include "base/result.h"
#include "storage/store.h"

namespace lambdaml {

// kInvalid for an empty key, one longer than `bytes_max`, and one that is not UTF-8 or holds control characters.
Result<void> CheckKey(const Key& key, std::size_t bytes_max = kKeyBytesMax);

// kConflict, for an item whose condition failed.
Error ConflictError(const PutItem& item, const Store& store);

}  // namespace lambdaml
