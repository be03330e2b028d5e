// SPDX-License-Identifier: Apache-2.0
#pragma once

// Files of the local machine. Errors name the file and what to do: kNotFound when it is absent, kInvalid when it may
// not be used (permission, a folder in its place), kUnavailable when the disk is full, else kInternal.

#include <filesystem>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace lambdaml {

// A file descriptor that closes itself.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void Close();

 private:
  int fd_ = -1;
};

// The Error for `errno` after an operation on `path`.
Error FileError(std::string_view doing, const std::filesystem::path& path, int error_number);

// The whole file, read into memory, or mapped when it is at least kMapBytesMin long. A mapped file must not be
// shortened in place; files that are replaced by rename are safe.
inline constexpr std::size_t kMapBytesMin = std::size_t{1} << 20U;
Result<Blob> ReadFile(const std::filesystem::path& path);

enum class Durability { kProcess, kPowerLoss };

// Writes a temporary file beside `path` and renames it: a reader sees the old or the new file, never a part.
// kPowerLoss syncs file and folder too. Creates missing folders.
Result<void> WriteFileAtomically(const std::filesystem::path& path, ByteSpan content, Durability durability);

}  // namespace lambdaml
