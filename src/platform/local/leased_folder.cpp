// SPDX-License-Identifier: Apache-2.0
#include "platform/local/leased_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <vector>

namespace lambdaml::local {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kLockName = "owner.lock";

// An open file description lock: it belongs to the descriptor and goes with the last copy of it.
bool Lock(const FileDescriptor& file) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return fcntl(file.get(), F_OFD_SETLK, &whole) == 0;
}

// The file gets its name once it is locked, so that nobody finds it unlocked while its owner lives.
Result<FileDescriptor> MakeLock(const fs::path& folder) {
  const fs::path path = folder / kLockName;
  const fs::path unnamed = path.native() + ".new";
  FileDescriptor file(open(unnamed.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.open() || !Lock(file) || rename(unnamed.c_str(), path.c_str()) != 0) {
    return FileError("locking", path, errno);
  }
  return file;
}

bool IsOurs(const fs::path& folder) {
  struct stat status {};
  return lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid();
}

// A folder without the file is somebody else's.
void SweepIfDead(const fs::path& folder) {
  if (!IsOurs(folder)) return;
  const FileDescriptor lock(open((folder / kLockName).c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!lock.open() || !Lock(lock)) return;
  std::error_code ignored;  // what cannot be removed is tried again by the next process
  fs::remove_all(folder, ignored);
}

void Sweep(const fs::path& parent) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  fs::directory_iterator entries(parent, ignored);
  for (; !ignored && entries != fs::directory_iterator(); entries.increment(ignored)) {
    if (entries->path().filename().native().starts_with("lambdaml-")) folders.push_back(entries->path());
  }
  for (const fs::path& folder : folders) SweepIfDead(folder);
}

}  // namespace

Result<LeasedFolder> LeasedFolder::Make(const fs::path& parent) {
  Sweep(parent);
  TemporaryFolder folder = TRY(TemporaryFolder::Make(parent));
  FileDescriptor lock = TRY(MakeLock(folder.path()));
  return LeasedFolder(std::move(lock), std::move(folder));
}

}  // namespace lambdaml::local
