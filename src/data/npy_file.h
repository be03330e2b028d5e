// SPDX-License-Identifier: Apache-2.0
#pragma once

// Numbers as a file that NumPy loads (NEP 1, version 1.0 of the format).

#include <span>

#include "base/bytes.h"

namespace lambdaml {

// A float32 array of values.size() / columns rows, row after row; columns >= 1.
Bytes NpyOf(std::span<const float> values, std::size_t columns);

}  // namespace lambdaml
