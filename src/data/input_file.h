// SPDX-License-Identifier: Apache-2.0
#pragma once

// An input file of this machine, read from front to back; a gzipped one is unpacked on the way. Errors name the file:
// kNotFound, kInvalid when it is a folder, empty, cut short or damaged. Not thread-safe.

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

struct gzFile_s;

namespace lambdaml {

class InputFile {
 public:
  static Result<InputFile> Open(const std::string& path);

  // Fills `buffer` and returns how much of it; less than asked only at the end of the file.
  Result<std::size_t> Read(std::span<char> buffer);

  // Of the file's bytes on disk, how many have been read, 0 to 1.
  double share() const;

  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(gzFile_s* file) const;
  };

  InputFile() = default;
  Result<void> CheckEnd();

  std::string path_;
  std::unique_ptr<gzFile_s, Close> file_;
  double bytes_ = 0;  // on disk
  bool zipped_ = false;
  bool empty_ = true;
};

}  // namespace lambdaml
