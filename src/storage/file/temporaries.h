// SPDX-License-Identifier: Apache-2.0
#pragma once

// How values come and go: a temporary file is written and then renamed, so a reader sees a whole value or none. Nothing
// is synced: values survive the process, not a loss of power.
//
// The file of a deleted value is kept as a spare and written again, because creating a file costs ten times as much as
// anything else a round of communication does with it. A spare is written only when it has one name and nobody has it
// open; the kernel answers the latter by granting a lease (fcntl(2), F_SETLEASE). Where it does not, files are created.

#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "storage/store.h"

namespace lambdaml::file {

// A written file without its final name; removed unless it is committed.
class Temporary {
 public:
  explicit Temporary(std::string path) : path_(std::move(path)) {}
  Temporary(Temporary&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Temporary& operator=(Temporary&&) = delete;
  ~Temporary();

  // Gives it the name `path`, in folders that are created as needed. kConflict if `condition` fails; kInvalid if a
  // folder has that name or a value has the name of a folder on the way.
  Result<void> Commit(const std::string& path, Condition condition) &&;

 private:
  std::string path_;
};

// While this lives no other process or thread has one for the same folder.
class FolderLock {
 public:
  FolderLock(std::string path, FileDescriptor file) : path_(std::move(path)), file_(std::move(file)) {}
  FolderLock(FolderLock&&) = default;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  std::string path_;
  FileDescriptor file_;
};

// The folder where a store has its temporary files. May be used from any thread.
class Temporaries {
 public:
  explicit Temporaries(std::string folder);
  Temporaries(const Temporaries&) = delete;
  Temporaries& operator=(const Temporaries&) = delete;
  ~Temporaries();  // removes the spares, and the folder if it is then empty

  Result<Temporary> Write(ByteSpan value);

  // For whoever compares a value before it replaces it.
  Result<FolderLock> Lock();

  // Deletes the value at `path`. False if there is none.
  Result<bool> Delete(const std::string& path);

  // Removes what killed processes left behind more than an hour ago.
  void Sweep(const Clock& clock) const;

 private:
  struct Opened {
    std::string path;
    FileDescriptor file;
  };

  struct Spare {
    std::string path;
    std::int64_t bytes = 0;
  };

  Result<Opened> OpenOne();
  Result<Opened> Create();
  Error CannotWrite(int error) const;
  std::string NewPath();
  std::string TakeSpare();
  void KeepSpare(const std::string& path, std::int64_t bytes);

  std::string folder_;
  std::string stem_;  // of the names of this store's files: other stores and other machines write into the same folder
  std::atomic<unsigned> sequence_{0};
  std::mutex mutex_;
  std::vector<Spare> spares_;      // files that are no value any more
  std::int64_t spares_bytes_ = 0;  // of all of them
};

}  // namespace lambdaml::file
