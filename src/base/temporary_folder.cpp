// SPDX-License-Identifier: Apache-2.0
#include "base/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/file.h"

namespace lambdaml {

Result<TemporaryFolder> TemporaryFolder::Make(std::filesystem::path parent) {
  std::error_code error;
  if (parent.empty()) parent = std::filesystem::temp_directory_path(error);
  if (error) return FileError("cannot find the folder for temporary files", parent, error.value());
  std::string name = (parent / "lambdaml-XXXXXX").native();
  if (mkdtemp(name.data()) == nullptr) return FileError("cannot create a folder in", parent, errno);
  return TemporaryFolder(std::move(name));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace lambdaml
