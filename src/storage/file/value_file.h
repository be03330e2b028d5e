// SPDX-License-Identifier: Apache-2.0
#pragma once

// One value, one file: a temporary file is written and then renamed, so a reader sees a whole value or none. Nothing is
// synced: values survive the process, not a loss of power. Paths are plain strings because these calls are the hot path
// of communication.

#include <atomic>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "storage/store.h"

namespace lambdaml::file {

// 0, or the error number. Existing folders are fine.
int MakeFolders(const std::string& path);

// Nothing where there is no file.
Result<std::optional<Blob>> ReadValue(const std::string& path);

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

// The folder where the temporary files of a store are written. May be used from any thread.
class Temporaries {
 public:
  explicit Temporaries(std::string folder) : folder_(std::move(folder)) {}
  Temporaries(const Temporaries&) = delete;
  Temporaries& operator=(const Temporaries&) = delete;
  ~Temporaries();  // removes the folder if it is empty

  Result<Temporary> Write(ByteSpan value);

  // Removes what killed processes left behind more than an hour ago.
  void Sweep(const Clock& clock) const;

 private:
  std::string folder_;
  std::atomic<unsigned> sequence_{0};
};

}  // namespace lambdaml::file
