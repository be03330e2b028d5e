// SPDX-License-Identifier: Apache-2.0
#include "storage/file/temporaries.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>

#include "base/text.h"
#include "storage/file/value_file.h"

namespace lambdaml::file {

namespace {

// Folders come and go while other workers tidy up; a clash that lasts longer is an error.
constexpr int kAttempts = 100;

constexpr std::int64_t kTemporaryAgeMsMax = 3'600'000;

constexpr std::size_t kSparesMax = 1024;
constexpr off_t kSpareBytesMax = off_t{1} << 20;
constexpr off_t kSparesBytesMax = off_t{64} << 20;  // of the disk, together

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

// Opens a spare for writing, or nothing if anybody else may still read it.
FileDescriptor Reopen(const std::string& spare) {
  FileDescriptor file(open(spare.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status {};
  if (!file.open() || fstat(file.get(), &status) != 0 || status.st_nlink != 1) return {};
  // Whoever opens the file just now makes the kernel send us a signal; this one is ignored by default.
  fcntl(file.get(), F_SETSIG, SIGURG);
  if (fcntl(file.get(), F_SETLEASE, F_WRLCK) != 0) return {};
  fcntl(file.get(), F_SETLEASE, F_UNLCK);
  return file;
}

Result<void> Fill(const std::string& path, const FileDescriptor& file, ByteSpan value) {
  const auto size = static_cast<off_t>(value.size());
  while (!value.empty()) {
    const ssize_t written = write(file.get(), value.data(), value.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("cannot write", path, errno);
    value = value.subspan(static_cast<std::size_t>(written));
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return FileError("cannot write", path, errno);
  if (status.st_size != size && ftruncate(file.get(), size) != 0) return FileError("cannot write", path, errno);
  return {};
}

}  // namespace

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

// Removed while it is still locked, so that nobody locks what is about to lose its name.
FolderLock::~FolderLock() {
  if (file_.open()) unlink(path_.c_str());
}

Temporaries::Temporaries(std::string folder)
    : folder_(std::move(folder)),
      stem_(StrCat(folder_, "/", (std::uint64_t{std::random_device()()} << 32U) + std::random_device()(), ".")) {}

Temporaries::~Temporaries() {
  for (const Spare& spare : spares_) unlink(spare.path.c_str());
  rmdir(folder_.c_str());
}

Result<Temporary> Temporaries::Write(ByteSpan value) {
  const Opened opened = TRY(OpenOne());
  Temporary temporary(opened.path);
  TRY(Fill(opened.path, opened.file, value));
  return temporary;
}

Result<Temporaries::Opened> Temporaries::OpenOne() {
  std::string spare = TakeSpare();
  if (spare.empty()) return Create();
  FileDescriptor file = Reopen(spare);
  if (file.open()) return Opened{std::move(spare), std::move(file)};
  unlink(spare.c_str());
  return Create();
}

Result<Temporaries::Opened> Temporaries::Create() {
  int error = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string path = NewPath();
    FileDescriptor file(open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666));
    if (file.open()) return Opened{std::move(path), std::move(file)};
    error = errno;
    if (error == ENOENT) error = MakeFolders(folder_);
    if (error != 0 && error != EEXIST && error != ENOENT) break;
  }
  return CannotWrite(error);
}

Error Temporaries::CannotWrite(int error) const {
  Error failed = FileError("cannot write in", folder_.substr(0, folder_.rfind('/')), error);
  if (failed.code == Code::kUnavailable) return failed;
  return Error{Code::kInvalid, StrCat(failed.message, "; name a folder that you may write to")};
}

// Whoever held the lock removed its file, so what was locked counts only while it has its name.
Result<FolderLock> Temporaries::Lock() {
  const std::string path = StrCat(folder_, "/lock");
  int error = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    FileDescriptor file(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666));
    if (file.open()) {
      if (flock(file.get(), LOCK_EX) != 0) return FileError("cannot lock", path, errno);
      struct stat opened {};
      struct stat named {};
      const bool same = fstat(file.get(), &opened) == 0 && stat(path.c_str(), &named) == 0 &&
                        opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
      if (same) return FolderLock(path, std::move(file));
      continue;
    }
    error = errno;
    if (error == ENOENT) error = MakeFolders(folder_);
    if (error != 0 && error != EEXIST && error != ENOENT) break;
  }
  return CannotWrite(error);
}

Result<bool> Temporaries::Delete(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= kSpareBytesMax) {
    KeepSpare(path, status.st_size);
  }
  if (unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR || errno == EISDIR) return false;
  return FileError("cannot delete", path, errno);
}

std::string Temporaries::NewPath() { return StrCat(stem_, sequence_.fetch_add(1)); }

std::string Temporaries::TakeSpare() {
  const std::lock_guard lock(mutex_);
  if (spares_.empty()) return {};
  Spare spare = std::move(spares_.back());
  spares_.pop_back();
  spares_bytes_ -= spare.bytes;
  return std::move(spare.path);
}

// A second name instead of a new one, because renaming would also take a folder away.
void Temporaries::KeepSpare(const std::string& path, std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (spares_.size() >= kSparesMax || spares_bytes_ + bytes > kSparesBytesMax) return;
  Spare spare{.path = NewPath(), .bytes = bytes};
  if (link(path.c_str(), spare.path.c_str()) != 0) return;
  spares_bytes_ += bytes;
  spares_.push_back(std::move(spare));
}

void Temporaries::Sweep(const Clock& clock) const {
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    struct stat status {};
    if (stat(at->path().c_str(), &status) != 0) continue;
    const std::int64_t changed_ms = status.st_ctim.tv_sec * 1000;  // also when it became a spare
    if (clock.UnixMs() - changed_ms > kTemporaryAgeMsMax) unlink(at->path().c_str());
  }
}

}  // namespace lambdaml::file
