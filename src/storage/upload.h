// SPDX-License-Identifier: Apache-2.0
#pragma once

// Files into a store. What can be refused (a name that is no key, a value that is too large, what is neither file nor
// folder) is refused before anything is written.

#include <filesystem>

#include "storage/transfer.h"

namespace lambdaml {

// A file becomes the value of `target`, or of its own name if `target` is empty. A folder's files, at any depth, become
// values below `target`. Links to files are followed. Files must not be shortened meanwhile: they are mapped.
Result<Transfer> Upload(const std::filesystem::path& source, const Subtree& target, const OnTransfer& progress);

}  // namespace lambdaml
