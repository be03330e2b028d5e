// SPDX-License-Identifier: Apache-2.0
#pragma once

// A temporary folder of a process that may be killed. It is removed with this object; if the process had no time for
// that, the next one to make a folder beside it sweeps it. A lock on a file in it says that its owner lives: the kernel
// drops the lock with the process, whatever ended it.

#include <filesystem>

#include "base/file.h"
#include "base/result.h"
#include "base/temporary_folder.h"

namespace lambdaml::local {

class LeasedFolder {
 public:
  // Removes the folders below `parent` whose owners are dead, then makes a new one there.
  static Result<LeasedFolder> Make(const std::filesystem::path& parent);

  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  LeasedFolder(FileDescriptor lock, TemporaryFolder folder) : lock_(std::move(lock)), folder_(std::move(folder)) {}

  FileDescriptor lock_;  // goes last, when the folder is removed
  TemporaryFolder folder_;
};

}  // namespace lambdaml::local
