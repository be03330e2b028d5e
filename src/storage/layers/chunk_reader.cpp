// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/chunk_reader.h"

#include <algorithm>

#include "base/text.h"

namespace lambdaml::chunk {

namespace {

constexpr std::uint64_t kBatchBytes = 32U << 20U;  // held beside the value itself
constexpr int kRoundsMax = 100;                    // of a value that others replace as fast as it is read
constexpr int kMissesMax = 4;                      // of a chunk of one manifest
constexpr Clock::Duration kPause = std::chrono::milliseconds(5);  // for a store that shows the manifest first

}  // namespace

struct Reader::Open {
  std::size_t at = 0;                     // the index of the range
  bool as_manifest = false;               // the look is at the whole manifest, not at the range
  std::optional<Manifest> manifest = {};  // as last seen
  int misses = 0;                         // how often a chunk of it was not there
  Bytes bytes = {};
  bool settled = false;
};

struct Reader::Piece {
  std::size_t of = 0;  // the index of its Open
  std::uint64_t chunk = 0;
  std::uint64_t offset = 0;  // in the chunk
  std::uint64_t length = 0;
  std::uint64_t chunk_bytes = 0;
  std::byte* to = nullptr;
};

Result<Slices> Reader::Read(std::span<const Range> ranges) const {
  Slices parts = TRY(store_.Read(ranges));
  TRY(Settle(ranges, parts));
  return parts;
}

Result<Values> Reader::Assembled(std::span<const Key> keys, Values values) const {
  std::vector<std::size_t> chunked;
  std::vector<Range> ranges;
  Slices parts;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i] || !LooksLikeManifest(values[i]->span())) continue;
    chunked.push_back(i);
    ranges.push_back({.key = keys[i]});
    parts.emplace_back(Slice{.bytes = *values[i], .value_bytes = values[i]->size()});
  }
  TRY(Settle(ranges, parts));
  for (std::size_t i = 0; i < chunked.size(); ++i) {
    std::optional<Blob>& value = values[chunked[i]];
    value.reset();
    if (parts[i]) value = std::move(parts[i]->bytes);
  }
  return values;
}

Result<std::vector<std::optional<Manifest>>> Reader::Manifests(std::span<const Key> keys) const {
  std::vector<Range> ranges;
  for (const Key& key : keys) ranges.push_back({.key = key, .offset = 0, .length = kManifestBytes});
  const Slices parts = TRY(store_.Read(ranges));
  std::vector<std::optional<Manifest>> manifests(keys.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i] || parts[i]->value_bytes != kManifestBytes || !LooksLikeManifest(parts[i]->bytes.span())) continue;
    const Result<Manifest> manifest = ParseManifest(parts[i]->bytes.span());
    if (manifest.ok()) manifests[i] = manifest.value();
  }
  return manifests;
}

Result<void> Reader::Settle(std::span<const Range> ranges, Slices& parts) const {
  std::vector<Open> open;
  for (std::size_t i = 0; i < ranges.size(); ++i) open.push_back({.at = i});
  for (int round = 0; round < kRoundsMax; ++round) {
    TRY(Sort(ranges, open, parts));
    TRY(Fetch(ranges, open, parts));
    TRY(GiveUpOnLost(ranges, open, parts));
    std::erase_if(open, [](const Open& one) { return one.settled; });
    if (open.empty()) return {};
    TRY(LookAgain(ranges, open, parts));
  }
  return Error{Code::kUnavailable, StrCat(ranges[open[0].at].key.text(), " in ", store_.name(),
                                          " is replaced faster than it can be read: try again")};
}

// Finds the manifests among what was last seen, and settles what is no chunked value.
Result<void> Reader::Sort(std::span<const Range> ranges, std::vector<Open>& open, Slices& parts) const {
  for (Open& one : open) {
    const Range& range = ranges[one.at];
    std::optional<Slice>& part = parts[one.at];
    if (!part || part->value_bytes != kManifestBytes) {
      // A plain value; but if the look was for a manifest, it is another value than before.
      one.settled = !part || !one.as_manifest;
      one.as_manifest = false;
    } else if (part->bytes.size() != kManifestBytes) {
      one.as_manifest = true;
    } else if (!LooksLikeManifest(part->bytes.span())) {
      if (one.as_manifest) part->bytes = part->bytes.Slice(range.offset, range.length);
      one.settled = true;
    } else {
      const Manifest manifest = TRY(
          ParseManifest(part->bytes.span()).Context(StrCat("cannot read ", range.key.text(), " in ", store_.name())));
      if (one.manifest != manifest) one.misses = 0;
      one.manifest = manifest;
      one.as_manifest = true;
      continue;
    }
    one.manifest.reset();
  }
  return {};
}

// Settles the ranges that have a manifest whose chunks are all there.
Result<void> Reader::Fetch(std::span<const Range> ranges, std::vector<Open>& open, Slices& parts) const {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (!open[i].manifest) continue;
    const Manifest& manifest = *open[i].manifest;
    const Range& range = ranges[open[i].at];
    std::uint64_t at = std::min(range.offset, manifest.value_bytes);
    const std::uint64_t end = at + std::min(range.length, manifest.value_bytes - at);
    open[i].bytes.resize(end - at);
    open[i].settled = true;
    for (std::byte* to = open[i].bytes.data(); at < end;) {
      const std::uint64_t chunk = at / manifest.chunk_bytes;
      const std::uint64_t offset = at % manifest.chunk_bytes;
      const std::uint64_t length = std::min(manifest.BytesOf(chunk) - offset, end - at);
      pieces.push_back({i, chunk, offset, length, manifest.BytesOf(chunk), to});
      at += length;
      to += length;
    }
  }
  for (std::size_t begin = 0, end = 0; begin < pieces.size(); begin = end) {
    for (std::uint64_t bytes = 0; end < pieces.size(); ++end) {
      bytes += pieces[end].length;
      if (end > begin && bytes > kBatchBytes) break;
    }
    TRY(FetchBatch(ranges, std::span(pieces).subspan(begin, end - begin), open));
  }
  for (Open& one : open) {
    if (!one.manifest || !one.settled) continue;
    parts[one.at] = Slice{.bytes = Blob(std::move(one.bytes)), .value_bytes = one.manifest->value_bytes};
  }
  return {};
}

// Unsettles the ranges whose chunks are not there.
Result<void> Reader::FetchBatch(std::span<const Range> ranges, std::span<const Piece> pieces,
                                std::vector<Open>& open) const {
  std::vector<Range> reads;
  std::vector<Key> keys;
  for (const Piece& piece : pieces) {
    const Open& one = open[piece.of];
    keys.push_back(ChunkKey(ranges[one.at].key, one.manifest->generation, piece.chunk));
    reads.push_back({.key = keys.back(), .offset = piece.offset, .length = piece.length});
  }
  const bool whole = std::ranges::all_of(pieces, [](const Piece& p) { return p.length == p.chunk_bytes; });
  Slices found;
  if (whole) {
    for (auto& value : TRY(store_.Get(keys))) {
      found.emplace_back();
      if (value) found.back() = Slice{.bytes = *value, .value_bytes = value->size()};
    }
  } else {
    found = TRY(store_.Read(reads));
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Piece& piece = pieces[i];
    if (found[i] && found[i]->value_bytes == piece.chunk_bytes && found[i]->bytes.size() == piece.length) {
      std::memcpy(piece.to, found[i]->bytes.data(), piece.length);
    } else {
      open[piece.of].settled = false;
    }
  }
  return {};
}

// A chunk that stays away while its manifest stays is lost: a cache has dropped it and with it the value.
Result<void> Reader::GiveUpOnLost(std::span<const Range> ranges, std::vector<Open>& open, Slices& parts) const {
  for (Open& one : open) {
    if (one.settled || !one.manifest || ++one.misses < kMissesMax) continue;
    if (store_.limits().keeps_everything) {
      return Error{Code::kUnavailable, StrCat("a chunk of ", ranges[one.at].key.text(), " is missing in ",
                                              store_.name(), ": write the value again")};
    }
    parts[one.at].reset();
    one.settled = true;
  }
  return {};
}

Result<void> Reader::LookAgain(std::span<const Range> ranges, const std::vector<Open>& open, Slices& parts) const {
  // The first time at once, for a value that was replaced.
  const int misses = std::ranges::max(open, {}, &Open::misses).misses;
  if (misses > 1) clock_.SleepUntil(clock_.Now() + misses * kPause);
  std::vector<Range> looks;
  looks.reserve(open.size());
  for (const Open& one : open) {
    looks.push_back(one.as_manifest ? Range{.key = ranges[one.at].key, .offset = 0, .length = kManifestBytes}
                                    : ranges[one.at]);
  }
  Slices found = TRY(store_.Read(looks));
  for (std::size_t i = 0; i < open.size(); ++i) parts[open[i].at] = std::move(found[i]);
  return {};
}

}  // namespace lambdaml::chunk
