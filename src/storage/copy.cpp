// SPDX-License-Identifier: Apache-2.0
#include "storage/copy.h"

#include <algorithm>

#include "base/temporary_folder.h"
#include "base/text.h"
#include "storage/download.h"
#include "storage/key_rules.h"
#include "storage/ops.h"
#include "storage/upload.h"

namespace lambdaml {

namespace {

class Copier {
 public:
  Copier(const Subtree& from, const Subtree& to, const OnTransfer& progress)
      : from_(from), to_(to), progress_(progress) {}

  Result<Transfer> Run() {
    TRY(MakePlan());
    const std::size_t items_max = std::min(from_.store.limits().batch_items_max, to_.store.limits().batch_items_max);
    for (std::size_t at = 0; at < entries_.size();) {
      TRY(progress_(transfer_));
      const std::size_t count = BatchSize(std::span(sizes_).subspan(at), items_max);
      TRY(CopyBatch(at, count));
      at += count;
    }
    transfer_.bytes_total = transfer_.bytes;
    TRY(progress_(transfer_));
    return transfer_;
  }

 private:
  Result<void> MakePlan() {
    entries_ = TRY(ListBelow(from_.store, from_.prefix));
    if (entries_.empty()) return Error{Code::kNotFound, StrCat("there are no keys to copy in ", from_.store.name())};
    const Limits& limits = to_.store.limits();
    for (const Entry& entry : entries_) {
      targets_.push_back(Below(to_.prefix, RelativeTo(from_.prefix, entry.key)));
      TRY(CheckKey(targets_.back(), limits.key_bytes_max).Context(to_.store.name()));
      if (entry.bytes > limits.value_bytes_max) {
        return Error{Code::kInvalid, StrCat(entry.key.text(), " has ", HumanBytes(static_cast<double>(entry.bytes)),
                                            ": a value in ", to_.store.name(), " has at most ",
                                            HumanBytes(static_cast<double>(limits.value_bytes_max)))};
      }
      sizes_.push_back(entry.bytes);
      transfer_.bytes_total += entry.bytes;
    }
    transfer_.values_total = entries_.size();
    return {};
  }

  Result<void> CopyBatch(std::size_t begin, std::size_t count) {
    const Slices slices = TRY(ReadBatch(from_.store, std::span(entries_).subspan(begin, count)));
    std::vector<PutItem> items;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!slices[i]) continue;
      items.push_back({.key = targets_[begin + i], .value = slices[i]->bytes.span()});
      bytes += slices[i]->bytes.size();
    }
    TRY(to_.store.Put(items));
    transfer_.bytes += bytes;
    transfer_.values += items.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (!slices[i]) TRY(CopyThroughFile(entries_[begin + i].key, targets_[begin + i]));
    }
    return {};
  }

  Result<void> CopyThroughFile(const Key& key, const Key& target) {
    const OnTransfer go_on = [this](const Transfer&) { return progress_(transfer_); };
    const TemporaryFolder folder = TRY(TemporaryFolder::Make());
    const auto file = folder.path() / "value";
    const Transfer read = TRY(Download(from_.store, {.key = key}, file, go_on));
    TRY(Upload(file, {.store = to_.store, .prefix = target}, go_on));
    transfer_.bytes += read.bytes;
    ++transfer_.values;
    return {};
  }

  const Subtree& from_;
  const Subtree& to_;
  const OnTransfer& progress_;
  Transfer transfer_;
  std::vector<Entry> entries_;
  std::vector<Key> targets_;
  std::vector<std::uint64_t> sizes_;
};

}  // namespace

Result<Transfer> Copy(const Subtree& from, const Subtree& to, const OnTransfer& progress) {
  return Copier(from, to, progress).Run();
}

}  // namespace lambdaml
