// SPDX-License-Identifier: Apache-2.0
#pragma once

// The keys that the files below a folder spell.

#include <string>
#include <vector>

#include "storage/store.h"

namespace lambdaml::file {

// Those that start with `prefix`, in key order. Temporaries and files that are not keys are left out.
Result<std::vector<Entry>> ListFiles(const std::string& root, const Key& prefix);

}  // namespace lambdaml::file
