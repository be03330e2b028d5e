// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading parts of values over one connection, in windows.

#include <span>
#include <string>

#include "storage/redis/fetch.h"

namespace lambdaml::redis {

// One for each range, whose key with the store's prefix stands in `keys`.
Result<Slices> FetchSlices(Connection& connection, std::span<const std::string> keys, std::span<const Range> ranges,
                           const ValueSizes& sizes);

}  // namespace lambdaml::redis
