// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

#include "base/text.h"

namespace lambdaml {

namespace {

Code CodeOf(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR: return Code::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP: return Code::kInvalid;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE: return Code::kUnavailable;
    default: return Code::kInternal;
  }
}

Result<Blob> MapFile(const std::filesystem::path& path, const FileDescriptor& file, std::size_t size) {
  void* const at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (at == MAP_FAILED) return FileError("cannot map", path, errno);
  std::shared_ptr<const void> owner(at, [size](const void* mapped) { munmap(const_cast<void*>(mapped), size); });
  return Blob(std::move(owner), {static_cast<const std::byte*>(at), size});
}

Result<void> WriteAll(const std::filesystem::path& path, const FileDescriptor& file, ByteSpan content) {
  while (!content.empty()) {
    const ssize_t written = write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("cannot write", path, errno);
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

FileDescriptor OpenTemporary(const std::filesystem::path& path) {
  return FileDescriptor(open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666));
}

Result<void> Commit(const std::filesystem::path& temporary, const std::filesystem::path& path,
                    const FileDescriptor& file, Durability durability) {
  if (durability == Durability::kPowerLoss && fsync(file.get()) != 0) return FileError("cannot sync", path, errno);
  if (rename(temporary.c_str(), path.c_str()) != 0) return FileError("cannot replace", path, errno);
  if (durability == Durability::kPowerLoss) {
    const FileDescriptor folder(open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.open()) fsync(folder.get());
  }
  return {};
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

FileDescriptor::~FileDescriptor() { Close(); }

void FileDescriptor::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

Error FileError(std::string_view doing, const std::filesystem::path& path, int error_number) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  return {CodeOf(error_number), StrCat(doing, " ", path.native(), ": ", std::generic_category().message(error_number),
                                       full ? "; free some space there" : "")};
}

Result<Blob> ReadFile(const std::filesystem::path& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return FileError("cannot open", path, errno);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return FileError("cannot read", path, errno);
  if (S_ISDIR(status.st_mode)) return FileError("cannot read", path, EISDIR);
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size >= kMapBytesMin) return MapFile(path, file, size);
  Bytes content(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = read(file.get(), content.data() + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError("cannot read", path, errno);
    if (count == 0) return Error{Code::kUnavailable, StrCat("cannot read ", path.native(), ": it became shorter")};
    done += static_cast<std::size_t>(count);
  }
  return Blob(std::move(content));
}

Result<void> WriteFileAtomically(const std::filesystem::path& path, ByteSpan content, Durability durability) {
  static std::atomic<unsigned> sequence{0};
  std::filesystem::path temporary = path;
  temporary += StrCat(".tmp.", static_cast<int>(getpid()), ".", sequence.fetch_add(1));
  FileDescriptor file = OpenTemporary(temporary);
  if (!file.open() && errno == ENOENT) {
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) return FileError("cannot create", path.parent_path(), error.value());
    file = OpenTemporary(temporary);
  }
  if (!file.open()) return FileError("cannot create", path, errno);
  Result<void> done = WriteAll(path, file, content);
  if (done.ok()) done = Commit(temporary, path, file, durability);
  if (!done.ok()) unlink(temporary.c_str());
  return done;
}

}  // namespace lambdaml
