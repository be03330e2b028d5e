// SPDX-License-Identifier: Apache-2.0
#pragma once

// An input file of this machine, or a member of one, read from front to back; what is packed is unpacked on the way.
// Errors name the file: kNotFound, kInvalid when it is a folder, empty, cut short or damaged. Not thread-safe.

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace lambdaml {

class InputFile {
 public:
  class Source {
   public:
    virtual ~Source() = default;
    // Fills `buffer` and returns how much of it; less than asked only at the end.
    virtual Result<std::size_t> Read(std::span<char> buffer) = 0;
    // Of the bytes on disk, how many have been read, 0 to 1.
    virtual double share() const = 0;
  };

  // A file, which may be gzipped.
  static Result<InputFile> Open(const std::string& path);

  // `path` is for messages.
  InputFile(std::string path, std::unique_ptr<Source> source) : path_(std::move(path)), source_(std::move(source)) {}

  Result<std::size_t> Read(std::span<char> buffer) { return source_->Read(buffer); }
  double share() const { return source_->share(); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::unique_ptr<Source> source_;
};

}  // namespace lambdaml
