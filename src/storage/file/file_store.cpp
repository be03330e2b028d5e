// SPDX-License-Identifier: Apache-2.0
#include "storage/file/file_store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <mutex>
#include <system_error>

#include "base/text.h"
#include "storage/file/file_name.h"
#include "storage/file/listing.h"
#include "storage/file/search.h"
#include "storage/file/temporaries.h"
#include "storage/file/value_file.h"
#include "storage/file/watcher.h"
#include "storage/key_rules.h"

namespace lambdaml::file {

namespace {

// How late a cancellation may be seen, and a value that inotify does not report (one written by another machine).
constexpr std::chrono::milliseconds kSlice{100};

constexpr Limits kLimits{.value_bytes_max = std::numeric_limits<std::int64_t>::max(),
                         .batch_items_max = std::numeric_limits<std::size_t>::max(),
                         .survives_process = true,
                         .waits_natively = true,
                         .nests_values = false};

class FileStore final : public Store {
 public:
  FileStore(std::string name, std::string root, Clock& clock)
      : name_(std::move(name)),
        root_(std::move(root)),
        clock_(clock),
        temporaries_(StrCat(root_, "/", kTemporariesName)) {
    temporaries_.Sweep(clock_);
  }

  Result<void> Put(std::span<const PutItem> items) override;
  Result<Values> Get(std::span<const Key> keys) override;
  Result<Values> Wait(std::span<const Key> keys, const WaitOptions& options) override;
  Result<std::vector<Entry>> List(const Key& prefix) override { return ListFiles(root_, prefix); }
  Result<void> Delete(std::span<const Key> keys) override;
  const Limits& limits() const override { return kLimits; }
  std::string name() const override { return name_; }

 private:
  Result<void> PutOne(const PutItem& item);
  Result<void> Replace(const std::string& path, const PutItem& item);
  bool Finished(const WaitOptions& options) const;
  void RemoveEmptyFolders(std::string folder) const;
  std::unique_ptr<Watcher> BorrowWatcher();
  void ReturnWatcher(std::unique_ptr<Watcher> watcher);

  std::string name_;
  std::string root_;  // without a '/' at its end
  Clock& clock_;
  Temporaries temporaries_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Watcher>> idle_watchers_;
};

Result<void> FileStore::PutOne(const PutItem& item) {
  std::string path = root_;
  TRY(AppendPath(path, item.key));
  if (item.condition == Condition::kIfEquals) return Replace(path, item);
  return TRY(temporaries_.Write(item.value)).Commit(path, item.condition);
}

Result<void> FileStore::Replace(const std::string& path, const PutItem& item) {
  const FolderLock lock = TRY(temporaries_.Lock());
  const std::optional<Blob> current = TRY(ReadValue(path));
  if (!current || !std::ranges::equal(current->span(), item.expected)) return ConflictError(item, *this);
  return TRY(temporaries_.Write(item.value)).Commit(path, Condition::kAlways);
}

Result<void> FileStore::Put(std::span<const PutItem> items) {
  Result<void> outcome;
  for (const PutItem& item : items) {
    Result<void> put = PutOne(item);
    if (put.ok()) continue;
    if (put.error().code != Code::kConflict) return put;
    outcome = std::move(put);
  }
  return outcome;
}

Result<Values> FileStore::Get(std::span<const Key> keys) {
  Search search = TRY(Search::For(root_, keys));
  TRY(search.LookForAll());
  return std::move(search).TakeValues();
}

bool FileStore::Finished(const WaitOptions& options) const {
  return (options.cancelled != nullptr && options.cancelled->load()) || clock_.Now() >= options.deadline;
}

Result<Values> FileStore::Wait(std::span<const Key> keys, const WaitOptions& options) {
  Search search = TRY(Search::For(root_, keys));
  TRY(search.LookForAll());
  if (Enough(search.values(), options) || Finished(options)) return std::move(search).TakeValues();

  const std::vector<std::string> folders = search.Folders();
  std::unique_ptr<Watcher> watcher = BorrowWatcher();
  while (!Enough(search.values(), options) && !Finished(options)) {
    const Changes changes = watcher->Next(folders, std::min(options.deadline, clock_.Now() + kSlice));
    TRY(changes.unsure ? search.LookForAll() : search.LookFor(changes.names));
  }
  ReturnWatcher(std::move(watcher));
  return std::move(search).TakeValues();
}

Result<void> FileStore::Delete(std::span<const Key> keys) {
  std::vector<std::string> folders;
  for (const Key& key : keys) {
    std::string path = root_;
    TRY(AppendPath(path, key));
    if (!TRY(temporaries_.Delete(path))) continue;
    path.resize(path.rfind('/'));
    if (folders.empty() || folders.back() != path) folders.push_back(std::move(path));
  }
  for (std::string& folder : folders) RemoveEmptyFolders(std::move(folder));
  return {};
}

// So that no job leaves a trace. A folder that somebody watches or is about to write to is made again by them.
void FileStore::RemoveEmptyFolders(std::string folder) const {
  while (folder.size() > root_.size() && rmdir(folder.c_str()) == 0) folder.resize(folder.rfind('/'));
}

std::unique_ptr<Watcher> FileStore::BorrowWatcher() {
  std::unique_ptr<Watcher> watcher;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_watchers_.empty()) {
      watcher = std::move(idle_watchers_.back());
      idle_watchers_.pop_back();
    }
  }
  if (!watcher) watcher = std::make_unique<Watcher>(clock_);
  watcher->Begin();
  return watcher;
}

void FileStore::ReturnWatcher(std::unique_ptr<Watcher> watcher) {
  const std::lock_guard lock(mutex_);
  idle_watchers_.push_back(std::move(watcher));
}

Result<std::string> FolderOf(const Url& url) {
  const auto refuse = [&url](std::string_view why) {
    return Error{Code::kInvalid, StrCat(url.Printable(), ": ", why)};
  };
  if (!url.authority.empty()) {
    return refuse(StrCat("files of another machine cannot be opened, write file:///", url.authority, url.path,
                         " for a folder of this one"));
  }
  if (!url.query.empty()) return refuse("a folder has no settings, leave out what follows the '?'");
  std::string folder = url.path;
  while (folder.ends_with('/')) folder.pop_back();
  if (folder.empty() || !folder.starts_with('/'))
    return refuse("name a folder from the root on, as in file:///tmp/channel");
  return folder;
}

// A file there has the time of the machine that keeps it, as exactly as that machine's timer ticks.
Result<ServerState> Ask(const std::string& folder) {
  constexpr std::int64_t kTickMs = 10;
  if (const int error = MakeFolders(folder); error != 0) return FileError("cannot make", folder, error);
  std::string path = folder + "/%time-XXXXXX";  // no key is spelled so
  const FileDescriptor file(mkostemp(path.data(), O_CLOEXEC));
  if (!file.open()) return FileError("cannot write into", folder, errno);
  struct stat status {};
  struct statvfs space {};
  const bool known = fstat(file.get(), &status) == 0 && fstatvfs(file.get(), &space) == 0;
  const int error = errno;
  unlink(path.c_str());
  if (!known) return FileError("cannot look at", folder, error);
  return ServerState{.unix_ms = status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000,
                     .precision_ms = kTickMs,
                     .room_bytes = std::uint64_t{space.f_bavail} * space.f_frsize};
}

}  // namespace

Result<StoreServer> Server(const Url& url, const StoreOptions& /*options*/) {
  const std::string folder = TRY(FolderOf(url));
  return StoreServer{.address = folder, .ask = [folder](Clock::Duration) { return Ask(folder); }};
}

Result<std::unique_ptr<Store>> Open(const Url& url, const StoreOptions& options) {
  std::string folder = TRY(FolderOf(url));
  // Data is often read from where it may not be written; whether this is so shows at the first Put.
  const bool usable = access((folder + "/.").c_str(), R_OK | X_OK) == 0 || errno == ENOENT;
  if (!usable) {
    return Error{Code::kInvalid, StrCat(url.Printable(), ": cannot use this folder: ",
                                        std::generic_category().message(errno), "; name a folder that you may read")};
  }
  return std::unique_ptr<Store>(std::make_unique<FileStore>(url.Printable(), std::move(folder), options.clock));
}

}  // namespace lambdaml::file
