// SPDX-License-Identifier: Apache-2.0
#include "storage/transfer.h"

#include <algorithm>

#include "base/text.h"

namespace lambdaml {

namespace {

constexpr std::uint64_t kPartBytes = std::uint64_t{8} << 20U;  // of a value above kBatchBytes
constexpr std::size_t kBatchItems = 1000;

class PartReader {
 public:
  PartReader(Store& store, Range range, const OnBytes& sink, const OnTransfer& progress)
      : store_(store), range_(std::move(range)), sink_(sink), progress_(progress) {}

  Result<Transfer> Read() {
    TRY(Take({{.key = range_.key, .offset = range_.offset, .length = std::min(range_.length, kBatchBytes)}}));
    while (transfer_.bytes < transfer_.bytes_total) TRY(Take(NextParts()));
    transfer_.values = 1;
    TRY(progress_(transfer_));
    return transfer_;
  }

 private:
  std::vector<Range> NextParts() const {
    std::vector<Range> parts;
    std::uint64_t at = transfer_.bytes;
    while (at < transfer_.bytes_total && parts.size() < kBatchBytes / kPartBytes) {
      const std::uint64_t length = std::min(kPartBytes, transfer_.bytes_total - at);
      parts.push_back({.key = range_.key, .offset = range_.offset + at, .length = length});
      at += length;
    }
    return parts;
  }

  Result<void> Take(const std::vector<Range>& parts) {
    const Slices slices = TRY(store_.Read(parts));
    for (std::size_t i = 0; i < slices.size(); ++i) {
      if (!slices[i]) {
        return Error{Code::kNotFound, StrCat("there is no ", range_.key.text(), " in ", store_.name())};
      }
      if (transfer_.values_total == 0) Measure(slices[i]->value_bytes);
      if (slices[i]->value_bytes != value_bytes_) return Changed();
      const std::uint64_t expected = std::min(parts[i].length, transfer_.bytes_total - transfer_.bytes);
      if (slices[i]->bytes.size() != expected) return Changed();
      TRY(sink_(slices[i]->bytes.span()));
      transfer_.bytes += slices[i]->bytes.size();
    }
    return progress_(transfer_);
  }

  void Measure(std::uint64_t value_bytes) {
    value_bytes_ = value_bytes;
    transfer_.values_total = 1;
    transfer_.bytes_total = std::min(range_.length, value_bytes - std::min(value_bytes, range_.offset));
  }

  Error Changed() const {
    return {Code::kConflict,
            StrCat(range_.key.text(), " in ", store_.name(), " was replaced while it was read; read it again")};
  }

  Store& store_;
  Range range_;
  const OnBytes& sink_;
  const OnTransfer& progress_;
  Transfer transfer_;
  std::uint64_t value_bytes_ = 0;
};

}  // namespace

std::string RelativeTo(const Key& prefix, const Key& key) {
  const bool whole = prefix.empty() || prefix.text().ends_with('/');
  return key.text().substr(prefix.text().size() + (whole ? 0 : 1));
}

Key Below(const Key& prefix, std::string_view relative) {
  return prefix.text().ends_with('/') ? Key(StrCat(prefix.text(), relative)) : prefix / relative;
}

std::size_t BatchSize(std::span<const std::uint64_t> sizes, std::size_t items_max) {
  const std::size_t most = std::min({sizes.size(), std::max<std::size_t>(items_max, 1), kBatchItems});
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  while (count < most && (count == 0 || sizes[count] <= kBatchBytes - bytes)) {
    bytes += sizes[count++];
    if (bytes >= kBatchBytes) break;
  }
  return count;
}

Result<Slices> ReadBatch(Store& store, std::span<const Entry> entries) {
  std::vector<Range> ranges;
  std::uint64_t bytes = 0;
  for (const Entry& entry : entries) {
    bytes += entry.bytes;
    ranges.push_back({.key = entry.key, .offset = 0, .length = entry.bytes});
  }
  if (bytes > kBatchBytes) return Slices(entries.size());
  Slices slices = TRY(store.Read(ranges));
  for (auto& slice : slices) {
    if (slice && slice->bytes.size() != slice->value_bytes) slice.reset();
  }
  return slices;
}

Result<Transfer> ReadInParts(Store& store, const Range& range, const OnBytes& sink, const OnTransfer& progress) {
  return PartReader(store, range, sink, progress).Read();
}

}  // namespace lambdaml
