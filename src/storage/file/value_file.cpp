// SPDX-License-Identifier: Apache-2.0
#include "storage/file/value_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/text.h"

namespace lambdaml::file {

namespace {

constexpr int kAttempts = 100;

Result<Blob> Map(const std::string& path, const FileDescriptor& file, std::size_t size) {
  void* const at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (at == MAP_FAILED) return FileError("cannot map", path, errno);
  std::shared_ptr<const void> owner(at, [size](const void* mapped) { munmap(const_cast<void*>(mapped), size); });
  return Blob(std::move(owner), {static_cast<const std::byte*>(at), size});
}

Result<Blob> Read(const std::string& path, const FileDescriptor& file, std::size_t size) {
  Bytes content(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = read(file.get(), content.data() + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError("cannot read", path, errno);
    if (count == 0) return Error{Code::kUnavailable, StrCat("cannot read ", path, ": it became shorter")};
    done += static_cast<std::size_t>(count);
  }
  return Blob(std::move(content));
}

// Nothing where there is no value, or the errno of another failure.
Result<std::optional<Blob>> AbsentOr(int error, const std::string& path) {
  if (error == ENOENT || error == ENOTDIR) return std::optional<Blob>();
  return FileError("cannot read", path, error);
}

}  // namespace

int MakeFolders(const std::string& path) {
  if (mkdir(path.c_str(), 0777) == 0 || errno == EEXIST) return 0;
  const std::size_t slash = path.rfind('/');
  if (errno != ENOENT || slash == 0 || slash == std::string::npos) return errno;
  if (const int error = MakeFolders(path.substr(0, slash)); error != 0) return error;
  return mkdir(path.c_str(), 0777) == 0 || errno == EEXIST ? 0 : errno;
}

// A deleted file may be written again under another name (temporaries.h). That never happens to a file that somebody
// has open. So what was opened is the value if the path still names it afterwards, and stays so until it is closed.
Result<std::optional<Blob>> ReadValue(const std::string& path) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.open()) return AbsentOr(errno, path);
    struct stat opened {};
    struct stat named {};
    if (fstat(file.get(), &opened) != 0 || stat(path.c_str(), &named) != 0) return AbsentOr(errno, path);
    if (!S_ISREG(named.st_mode)) return std::optional<Blob>();
    if (opened.st_ino != named.st_ino || opened.st_dev != named.st_dev) continue;
    const auto size = static_cast<std::size_t>(named.st_size);
    return std::optional<Blob>(TRY(size < kMapBytesMin ? Read(path, file, size) : Map(path, file, size)));
  }
  return Error{Code::kUnavailable, StrCat("cannot read ", path, ": it is replaced all the time")};
}

}  // namespace lambdaml::file
