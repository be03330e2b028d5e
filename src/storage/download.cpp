// SPDX-License-Identifier: Apache-2.0
#include "storage/download.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <set>
#include <system_error>

#include "base/file.h"
#include "base/text.h"
#include "storage/ops.h"

namespace lambdaml {

namespace fs = std::filesystem;

namespace {

// A file under another name until it is committed.
class NewFile {
 public:
  static Result<NewFile> For(const fs::path& path) {
    static std::atomic<unsigned> sequence{0};
    std::error_code failed;
    const fs::file_status status = fs::status(path, failed);
    if (fs::is_directory(status)) return Error{Code::kInvalid, StrCat(path.native(), " is a folder: name a file")};
    if (fs::exists(status) && !fs::is_regular_file(status)) {
      return Error{Code::kInvalid, StrCat(path.native(), " is not a file that can be replaced: name another one")};
    }
    const fs::path folder = path.parent_path();
    if (!folder.empty()) fs::create_directories(folder, failed);
    if (!folder.empty() && failed) return FileError("cannot create", folder, failed.value());
    fs::path temporary = folder / StrCat(".part.", static_cast<int>(::getpid()), ".", sequence.fetch_add(1));
    FileDescriptor file(::open(temporary.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666));
    if (!file.open()) return FileError("cannot create", path, errno);
    return NewFile(path, std::move(temporary), std::move(file));
  }

  NewFile(NewFile&& other) noexcept
      : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, {})), file_(std::move(other.file_)) {}
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }

  Result<void> Write(ByteSpan bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return FileError("cannot write", path_, errno);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }

  Result<void> Commit() {
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return FileError("cannot replace", path_, errno);
    temporary_.clear();
    return {};
  }

 private:
  NewFile(fs::path path, fs::path temporary, FileDescriptor file)
      : path_(std::move(path)), temporary_(std::move(temporary)), file_(std::move(file)) {}

  fs::path path_;
  fs::path temporary_;  // empty once it is committed
  FileDescriptor file_;
};

// Whether a key, cut at each '/', is the path of a file below a folder.
bool IsPath(std::string_view relative) {
  const auto pieces = SplitText(relative, '/');
  return std::ranges::none_of(pieces,
                              [](std::string_view piece) { return piece.empty() || piece == "." || piece == ".."; });
}

struct Plan {
  std::vector<Entry> entries;
  std::vector<fs::path> files;
  std::vector<std::uint64_t> sizes;
};

Result<void> CheckFolders(const Plan& plan, const fs::path& folder) {
  const std::set<fs::path> files(plan.files.begin(), plan.files.end());
  std::set<fs::path> folders;
  for (const fs::path& file : plan.files) {
    for (fs::path at = file.parent_path(); at != folder && folders.insert(at).second; at = at.parent_path()) {
      if (!files.contains(at)) continue;
      return Error{Code::kInvalid, StrCat("both ", at.lexically_relative(folder).native(), " and ",
                                          file.lexically_relative(folder).native(),
                                          " are keys: one cannot be a file and a folder; download them one by one")};
    }
  }
  // Links may lie in a folder that exists already.
  const fs::path root = fs::weakly_canonical(folder);
  for (const fs::path& inner : folders) {
    const fs::path real = fs::weakly_canonical(inner).lexically_relative(root);
    if (!real.empty() && *real.begin() != "..") continue;
    return Error{Code::kInvalid, StrCat(inner.native(), " is a link that leads out of ", folder.native(),
                                        ": nothing was downloaded; remove the link, or name another folder")};
  }
  return {};
}

Result<Plan> PlanFor(const Subtree& source, const fs::path& folder) {
  Plan plan;
  plan.entries = TRY(ListBelow(source.store, source.prefix));
  if (plan.entries.empty()) {
    const std::string below = source.prefix.empty() ? "" : StrCat(" below ", source.prefix.text());
    return Error{Code::kNotFound, StrCat("there are no keys", below, " in ", source.store.name())};
  }
  for (const Entry& entry : plan.entries) {
    const std::string relative = RelativeTo(source.prefix, entry.key);
    if (!IsPath(relative)) {
      return Error{Code::kInvalid, StrCat("the key '", entry.key.text(), "' is no path below ", folder.native(),
                                          ": nothing was downloaded; download single keys into files")};
    }
    plan.files.push_back(folder / relative);
    plan.sizes.push_back(entry.bytes);
  }
  try {
    TRY(CheckFolders(plan, folder));
  } catch (const fs::filesystem_error& error) {
    return FileError("cannot look into", folder, error.code().value());
  }
  return plan;
}

Result<void> WriteFile(const fs::path& path, ByteSpan bytes) {
  NewFile file = TRY(NewFile::For(path));
  TRY(file.Write(bytes));
  return file.Commit();
}

class Downloader {
 public:
  Downloader(Store& store, const OnTransfer& progress) : store_(store), progress_(progress) {}

  Result<Transfer> Run(const Plan& plan) {
    transfer_.values_total = plan.files.size();
    for (const std::uint64_t size : plan.sizes) transfer_.bytes_total += size;
    for (std::size_t at = 0; at < plan.files.size();) {
      TRY(progress_(transfer_));
      const auto rest = std::span(plan.sizes).subspan(at);
      const std::size_t count = BatchSize(rest, store_.limits().batch_items_max);
      TRY(TakeBatch(plan, at, count));
      at += count;
    }
    transfer_.bytes_total = transfer_.bytes;
    TRY(progress_(transfer_));
    return transfer_;
  }

 private:
  Result<void> TakeBatch(const Plan& plan, std::size_t begin, std::size_t count) {
    const Slices slices = TRY(ReadBatch(store_, std::span(plan.entries).subspan(begin, count)));
    for (std::size_t i = 0; i < count; ++i) {
      TRY(slices[i] ? TakeWhole(plan.files[begin + i], slices[i]->bytes.span())
                    : TakeInParts(plan.entries[begin + i].key, plan.files[begin + i]));
      ++transfer_.values;
    }
    return {};
  }

  Result<void> TakeWhole(const fs::path& file, ByteSpan bytes) {
    TRY(WriteFile(file, bytes));
    transfer_.bytes += bytes.size();
    return {};
  }

  Result<void> TakeInParts(const Key& key, const fs::path& file) {
    const std::uint64_t before = transfer_.bytes;
    const OnTransfer progress = [this, before](const Transfer& one) {
      transfer_.bytes = before + one.bytes;
      return progress_(transfer_);
    };
    TRY(Download(store_, {.key = key}, file, progress));
    return {};
  }

  Store& store_;
  const OnTransfer& progress_;
  Transfer transfer_;
};

}  // namespace

Result<Transfer> Download(Store& store, const Range& range, const fs::path& file, const OnTransfer& progress) {
  std::optional<NewFile> target;  // made once the value is known to exist
  const OnBytes sink = [&target, &file](ByteSpan bytes) -> Result<void> {
    if (!target) target.emplace(TRY(NewFile::For(file)));
    return target->Write(bytes);
  };
  const Transfer transfer = TRY(ReadInParts(store, range, sink, progress));
  TRY(target->Commit());
  return transfer;
}

Result<Transfer> DownloadAll(const Subtree& source, const fs::path& folder, const OnTransfer& progress) {
  const fs::path normal = (folder / "").lexically_normal().parent_path();
  return Downloader(source.store, progress).Run(TRY(PlanFor(source, normal)));
}

}  // namespace lambdaml
