// SPDX-License-Identifier: Apache-2.0
#pragma once

// A new folder with a unique name that is removed, with all that is in it, when this goes out of scope.

#include <filesystem>
#include <string>
#include <utility>

#include "base/result.h"

namespace lambdaml {

class TemporaryFolder {
 public:
  // Below the folder `parent`; by default the system's folder for such.
  static Result<TemporaryFolder> Make(std::filesystem::path parent = {});

  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

}  // namespace lambdaml
