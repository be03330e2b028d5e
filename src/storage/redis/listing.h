// SPDX-License-Identifier: Apache-2.0
#pragma once

// Listing the keys of a database by their beginning. The server looks at every key it has, a thousand at a time.

#include <string>
#include <vector>

#include "storage/redis/connection.h"
#include "storage/store.h"

namespace lambdaml::redis {

// Keys that start with `store_prefix` and then `prefix`, in order and without the former.
Result<std::vector<Entry>> ListKeys(Connection& connection, const std::string& store_prefix, const std::string& prefix);

// The pattern that only the text itself fits.
std::string GlobEscaped(std::string_view text);

}  // namespace lambdaml::redis
