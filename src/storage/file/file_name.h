// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a key is spelled as a path below the folder of a store (docs/formats/keys.md). Different keys have different
// paths, and no key has the path of a temporary file.

#include <optional>
#include <string>
#include <string_view>

#include "base/key.h"
#include "base/result.h"

namespace lambdaml::file {

// No key is spelled so: a '%' is always followed by two digits or stands alone.
inline constexpr std::string_view kTemporariesName = "%tmp";

// Appends "/" and the name of each segment of `text`, which has at least one (it may be empty). kInvalid if a name is
// too long.
Result<void> AppendSegments(std::string& path, std::string_view text);

// The same for a key; kInvalid also for what no store accepts.
Result<void> AppendPath(std::string& path, const Key& key);

// The segment of a key that is spelled `name`, or nothing for the name of a file that this store did not write.
std::optional<std::string> SegmentOf(std::string_view name);

}  // namespace lambdaml::file
