// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every backend demands of a key.

#include "base/key.h"
#include "base/result.h"

namespace lambdaml {

// kInvalid for an empty key and for one longer than kKeyBytesMax.
Result<void> CheckKey(const Key& key);

}  // namespace lambdaml
