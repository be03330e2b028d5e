// SPDX-License-Identifier: Apache-2.0
#include "storage/file/listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/file.h"
#include "storage/file/file_name.h"

namespace lambdaml::file {

namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

class Walk {
 public:
  explicit Walk(const Key& prefix) : prefix_(prefix.text()) {}

  // Adds what is in `folder`, whose keys begin with `parent`. A folder that is gone is empty.
  Result<void> Visit(const std::string& folder, const std::string& parent);

  std::vector<Entry> Sorted() && {
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
    return std::move(entries_);
  }

 private:
  const std::string& prefix_;
  std::vector<Entry> entries_;
};

Result<void> Walk::Visit(const std::string& folder, const std::string& parent) {
  const std::unique_ptr<DIR, CloseFolder> opened(opendir(folder.c_str()));
  if (!opened && (errno == ENOENT || errno == ENOTDIR)) return {};
  if (!opened) return FileError("cannot list", folder, errno);
  while (const dirent* const entry = readdir(opened.get())) {
    const char* const name = &entry->d_name[0];
    const std::optional<std::string> segment = SegmentOf(name);
    if (!segment) continue;
    std::string key = parent + *segment;
    if (!key.starts_with(prefix_)) continue;
    struct stat status {};
    if (fstatat(dirfd(opened.get()), name, &status, 0) != 0) continue;  // deleted meanwhile
    if (S_ISDIR(status.st_mode)) {
      TRY(Visit(folder + "/" + name, key + "/"));
    } else if (S_ISREG(status.st_mode)) {
      entries_.push_back({.key = Key(std::move(key)), .bytes = static_cast<std::uint64_t>(status.st_size)});
    }
  }
  return {};
}

}  // namespace

Result<std::vector<Entry>> ListFiles(const std::string& root, const Key& prefix) {
  std::string folder = root;
  std::string parent;
  const std::size_t slash = prefix.text().rfind('/');
  if (slash != std::string::npos) {
    parent = prefix.text().substr(0, slash + 1);
    if (!AppendSegments(folder, prefix.text().substr(0, slash)).ok()) return std::vector<Entry>();  // of no key
  }
  Walk walk(prefix);
  TRY(walk.Visit(folder, parent));
  return std::move(walk).Sorted();
}

}  // namespace lambdaml::file
