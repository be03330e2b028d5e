// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writing many values over one connection, in windows, and announcing them to those who wait. Values are sent from
// where they are.

#include <cstddef>
#include <optional>
#include <span>

#include "storage/redis/connection.h"
#include "storage/redis/settings.h"
#include "storage/store.h"

namespace lambdaml::redis {

// The first item whose condition failed, if any did.
Result<std::optional<std::size_t>> Write(Connection& connection, const Settings& settings,
                                         std::span<const PutItem> items);

}  // namespace lambdaml::redis
