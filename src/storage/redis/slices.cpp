// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/slices.h"

#include <algorithm>

#include "base/text.h"

namespace lambdaml::redis {

namespace {

constexpr int kTriesMax = 5;

// Bytes, and the size before and after them. No transaction would do: a server whose memory is full refuses them.
std::size_t AddRange(Commands& commands, const std::string& key, const Range& range) {
  commands.Command("STRLEN", key);
  if (range.length > 0) {
    const std::uint64_t offset = std::min(range.offset, kBulkBytesMax);
    const std::uint64_t end = offset + std::min(range.length, kBulkBytesMax);
    commands.Command("GETRANGE", key, static_cast<std::int64_t>(offset), static_cast<std::int64_t>(end - 1));
  }
  commands.Command("EXISTS", key);
  commands.Command("STRLEN", key);
  return range.length > 0 ? 4 : 3;
}

// What the replies to AddRange say. Nothing if the value was replaced in between.
std::optional<std::optional<Slice>> SliceOf(std::span<Reply> replies, const Range& range) {
  const std::int64_t size = replies.back().integer;
  const bool exists = replies[replies.size() - 2].integer > 0;
  if (replies.front().integer != size || (size > 0 && !exists)) return std::nullopt;
  if (!exists) return std::optional<Slice>();
  Slice slice{.bytes = {}, .value_bytes = static_cast<std::uint64_t>(size)};
  if (range.length > 0) slice.bytes = std::move(replies[1].bulk);
  const std::uint64_t expected = std::min(range.length, slice.value_bytes - std::min(range.offset, slice.value_bytes));
  if (slice.bytes.size() != expected) return std::nullopt;
  return std::optional(std::move(slice));
}

class SliceReader {
 public:
  SliceReader(Connection& connection, std::span<const std::string> keys, std::span<const Range> ranges,
              std::uint64_t typical_bytes)
      : connection_(connection), keys_(keys), ranges_(ranges), typical_bytes_(typical_bytes), slices_(ranges.size()) {}

  Result<Slices> Run() {
    std::vector<std::size_t> wanted(ranges_.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = i;
    for (int tries = 0; tries < kTriesMax && !wanted.empty(); ++tries) wanted = TRY(ReadAll(wanted));
    if (wanted.empty()) return std::move(slices_);
    return Error{Code::kUnavailable, StrCat(ranges_[wanted[0]].key.text(), " is replaced too often to be read")};
  }

 private:
  // Gives those that were replaced meanwhile.
  Result<std::vector<std::size_t>> ReadAll(std::span<const std::size_t> wanted) {
    std::vector<std::size_t> again;
    while (!wanted.empty()) {
      const auto window = wanted.first(WindowOf(wanted));
      wanted = wanted.subspan(window.size());
      Commands commands;
      std::size_t awaited = 0;
      for (const std::size_t i : window) awaited += AddRange(commands, keys_[i], ranges_[i]);
      TRY(connection_.Send(commands, awaited));
      Result<void> outcome;
      for (const std::size_t i : window) {
        Result<bool> read = ReadOne(i);
        if (connection_.broken()) return std::move(read).error();
        if (!read.ok() && outcome.ok()) outcome = read.error();
        if (read.ok() && !read.value()) again.push_back(i);
      }
      if (!outcome.ok()) return std::move(outcome).error();
    }
    return again;
  }

  std::size_t WindowOf(std::span<const std::size_t> wanted) const {
    std::uint64_t bytes = 0;
    std::size_t count = 0;
    while (count < std::min(wanted.size(), kWindowItems)) {
      bytes += std::min(ranges_[wanted[count]].length, typical_bytes_);
      if (bytes > kWindowBytes && count > 0) break;
      ++count;
    }
    return count;
  }

  // Whether it was read.
  Result<bool> ReadOne(std::size_t index) {
    std::vector<Reply> replies(ranges_[index].length > 0 ? 4 : 3);
    for (Reply& reply : replies) reply = TRY(connection_.Next());
    for (const Reply& reply : replies) {
      if (reply.Is(Reply::Kind::kError)) return connection_.ErrorOf(reply);
    }
    auto slice = SliceOf(replies, ranges_[index]);
    if (slice) slices_[index] = std::move(*slice);
    return slice.has_value();
  }

  Connection& connection_;
  std::span<const std::string> keys_;
  std::span<const Range> ranges_;
  std::uint64_t typical_bytes_;
  Slices slices_;
};

}  // namespace

Result<Slices> FetchSlices(Connection& connection, std::span<const std::string> keys, std::span<const Range> ranges,
                           const ValueSizes& sizes) {
  return SliceReader(connection, keys, ranges, sizes.largest()).Run();
}

}  // namespace lambdaml::redis
