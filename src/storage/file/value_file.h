// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading the file of a value, and making folders. Paths are plain strings because this is the hot path of
// communication.

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace lambdaml::file {

// 0, or the error number. Existing folders are fine.
int MakeFolders(const std::string& path);

// The value whole, or nothing where there is none. A value of kMapBytesMin or more is mapped.
Result<std::optional<Blob>> ReadValue(const std::string& path);

}  // namespace lambdaml::file
