// SPDX-License-Identifier: Apache-2.0
#include "storage/upload.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/file.h"
#include "base/text.h"
#include "storage/key_rules.h"

namespace lambdaml {

namespace fs = std::filesystem;

namespace {

struct Plan {
  std::vector<fs::path> files;
  std::vector<Key> keys;
  std::vector<std::uint64_t> sizes;
};

Error Refused(const fs::path& path, std::string_view why) { return {Code::kInvalid, StrCat(path.native(), " ", why)}; }

Result<void> AddFile(Plan& plan, const fs::path& path, Key key, const Store& store) {
  std::error_code failed;
  const std::uint64_t bytes = fs::file_size(path, failed);
  if (failed) return FileError("cannot read", path, failed.value());
  TRY(CheckKey(key, store.limits().key_bytes_max).Context(path.native()));
  if (bytes > store.limits().value_bytes_max) {
    const auto most = static_cast<double>(store.limits().value_bytes_max);
    return Refused(path, StrCat("has ", HumanBytes(static_cast<double>(bytes)), ": a value in ", store.name(),
                                " has at most ", HumanBytes(most)));
  }
  plan.files.push_back(path);
  plan.keys.push_back(std::move(key));
  plan.sizes.push_back(bytes);
  return {};
}

Result<std::vector<fs::path>> FilesIn(const fs::path& folder) {
  std::error_code failed;
  std::vector<fs::path> files;
  for (auto at = fs::recursive_directory_iterator(folder, failed); at != fs::end(at); at.increment(failed)) {
    if (failed) break;
    const bool link = at->is_symlink(failed);
    if (at->is_directory(failed) && !link) continue;
    if (!at->is_regular_file(failed)) {
      return Refused(at->path(), link ? "is a link to no file: remove it first" : "is no file: remove it first");
    }
    files.push_back(at->path());
  }
  if (failed) return FileError("cannot read", folder, failed.value());
  std::sort(files.begin(), files.end());
  return files;
}

Result<Plan> PlanFor(const fs::path& source, const Subtree& target) {
  std::error_code failed;
  const fs::file_status status = fs::status(source, failed);
  if (!fs::exists(status)) return FileError("cannot open", source, failed ? failed.value() : ENOENT);
  Plan plan;
  if (fs::is_regular_file(status)) {
    const Key key = target.prefix.empty() ? Key(source.filename().native()) : target.prefix;
    TRY(AddFile(plan, source, key, target.store));
    return plan;
  }
  if (!fs::is_directory(status)) return Refused(source, "is neither a file nor a folder");
  for (const fs::path& file : TRY(FilesIn(source))) {
    TRY(AddFile(plan, file, Below(target.prefix, file.lexically_relative(source).native()), target.store));
  }
  if (plan.files.empty()) return Refused(source, "holds no files");
  return plan;
}

// Returns how many bytes.
Result<std::uint64_t> PutFiles(const Plan& plan, std::size_t begin, std::size_t count, Store& store) {
  std::vector<Blob> contents;
  std::vector<PutItem> items;
  std::uint64_t bytes = 0;
  for (std::size_t i = begin; i < begin + count; ++i) {
    contents.push_back(TRY(ReadFile(plan.files[i])));
    items.push_back({.key = plan.keys[i], .value = contents.back().span()});
    bytes += contents.back().size();
  }
  TRY(store.Put(items));
  return bytes;
}

}  // namespace

Result<Transfer> Upload(const fs::path& source, const Subtree& target, const OnTransfer& progress) {
  const Plan plan = TRY(PlanFor(source, target));
  Transfer transfer{.values_total = plan.files.size()};
  for (const std::uint64_t size : plan.sizes) transfer.bytes_total += size;
  while (transfer.values < plan.files.size()) {
    TRY(progress(transfer));
    const auto rest = std::span(plan.sizes).subspan(transfer.values);
    const std::size_t count = BatchSize(rest, target.store.limits().batch_items_max);
    transfer.bytes += TRY(PutFiles(plan, transfer.values, count, target.store));
    transfer.values += count;
  }
  TRY(progress(transfer));
  return transfer;
}

}  // namespace lambdaml
