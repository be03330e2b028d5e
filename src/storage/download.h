// SPDX-License-Identifier: Apache-2.0
#pragma once

// Values of a store into files. A file appears whole, under its name, or not at all: it is written beside it and
// renamed.

#include <filesystem>

#include "storage/transfer.h"

namespace lambdaml {

// A value, or a part of it, into a file. Replaces a file that is there; kInvalid for a folder or a device. Makes
// missing folders.
Result<Transfer> Download(Store& store, const Range& range, const std::filesystem::path& file,
                          const OnTransfer& progress);

// Every value below the prefix into a file below `folder`. kInvalid for a key that would lead out of the folder (by a
// piece "..", or by a link that lies in it), that is no path, or that is also the folder of another one: found before
// anything is written. kNotFound if there are none.
Result<Transfer> DownloadAll(const Subtree& source, const std::filesystem::path& folder, const OnTransfer& progress);

}  // namespace lambdaml
