// SPDX-License-Identifier: Apache-2.0
#include "storage/file/value_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace lambdaml::file {

namespace {

// Folders come and go while other workers tidy up; a clash that lasts longer is an error.
constexpr int kAttempts = 100;

constexpr std::int64_t kTemporaryAgeMsMax = 3'600'000;

Result<void> WriteAll(const std::string& path, FileDescriptor file, ByteSpan value) {
  while (!value.empty()) {
    const ssize_t written = write(file.get(), value.data(), value.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("cannot write", path, errno);
    value = value.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::optional<Blob>> ReadSmall(const std::string& path, const FileDescriptor& file, std::size_t size) {
  Bytes content(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = read(file.get(), content.data() + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError("cannot read", path, errno);
    if (count == 0) return Error{Code::kUnavailable, StrCat("cannot read ", path, ": it became shorter")};
    done += static_cast<std::size_t>(count);
  }
  return std::optional<Blob>(std::in_place, std::move(content));
}

Result<std::optional<Blob>> ReadLarge(const std::string& path) {
  Result<Blob> blob = ReadFile(path);
  if (blob.ok()) return std::optional<Blob>(std::move(blob).value());
  if (blob.error().code == Code::kNotFound) return std::optional<Blob>();
  return std::move(blob).error();
}

// 0, or the error number; EEXIST if the condition fails.
int Rename(const std::string& from, const std::string& to, Condition condition) {
  if (condition == Condition::kAlways) return rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system without RENAME_NOREPLACE; a hard link never replaces a file either.
  if (link(from.c_str(), to.c_str()) != 0) return errno;
  unlink(from.c_str());
  return 0;
}

Error NestedError(const std::string& path) {
  return {Code::kInvalid, StrCat("cannot write ", path,
                                 ": a value and a folder would have the same name there; use another key, or delete "
                                 "what is in the way")};
}

// Something already has the name `path`. True if it was an empty folder or is gone, so that trying again may help.
Result<bool> MakeRoom(const std::string& path, Condition condition) {
  if (rmdir(path.c_str()) == 0 || errno == ENOENT) return true;
  if (errno == ENOTEMPTY || errno == EEXIST) return NestedError(path);
  if (errno != ENOTDIR) return FileError("cannot write", path, errno);
  return condition == Condition::kAlways;
}

}  // namespace

int MakeFolders(const std::string& path) {
  if (mkdir(path.c_str(), 0777) == 0 || errno == EEXIST) return 0;
  const std::size_t slash = path.rfind('/');
  if (errno != ENOENT || slash == 0 || slash == std::string::npos) return errno;
  if (const int error = MakeFolders(path.substr(0, slash)); error != 0) return error;
  return mkdir(path.c_str(), 0777) == 0 || errno == EEXIST ? 0 : errno;
}

Result<std::optional<Blob>> ReadValue(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<Blob>();
    return FileError("cannot read", path, errno);
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return FileError("cannot read", path, errno);
  if (!S_ISREG(status.st_mode)) return std::optional<Blob>();
  const auto size = static_cast<std::size_t>(status.st_size);
  return size < kMapBytesMin ? ReadSmall(path, file, size) : ReadLarge(path);
}

Temporary::~Temporary() {
  if (!path_.empty()) unlink(path_.c_str());
}

Result<void> Temporary::Commit(const std::string& path, Condition condition) && {
  int error = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    error = Rename(path_, path, condition);
    if (error == 0) {
      path_.clear();
      return {};
    }
    if (error == EISDIR || error == EEXIST) {
      if (!TRY(MakeRoom(path, condition))) return Error{Code::kConflict, StrCat(path, " exists already")};
    } else if (error == ENOENT) {
      error = MakeFolders(path.substr(0, path.rfind('/')));
      if (error != 0 && error != ENOENT) break;
    } else {
      break;
    }
  }
  return error == ENOTDIR ? NestedError(path) : FileError("cannot write", path, error);
}

Temporaries::~Temporaries() { rmdir(folder_.c_str()); }

Result<Temporary> Temporaries::Write(ByteSpan value) {
  int error = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string path = StrCat(folder_, "/", static_cast<int>(getpid()), ".", sequence_.fetch_add(1));
    FileDescriptor file(open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666));
    if (file.open()) {
      Temporary temporary(path);
      TRY(WriteAll(path, std::move(file), value));
      return temporary;
    }
    error = errno;
    if (error == ENOENT) error = MakeFolders(folder_);
    if (error != 0 && error != EEXIST && error != ENOENT) break;
  }
  return FileError("cannot write in", folder_, error);
}

void Temporaries::Sweep(const Clock& clock) const {
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    struct stat status {};
    if (stat(at->path().c_str(), &status) != 0) continue;
    const std::int64_t written_ms = status.st_mtim.tv_sec * 1000;
    if (clock.UnixMs() - written_ms > kTemporaryAgeMsMax) unlink(at->path().c_str());
  }
}

}  // namespace lambdaml::file
