// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a value in chunks is written (docs/formats/chunks.md): the names of the chunks, and the manifest that stands for
// the value under its own key.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/key.h"
#include "base/result.h"

namespace lambdaml::chunk {

inline constexpr std::size_t kManifestBytes = 48;
inline constexpr std::size_t kSuffixBytes = 29;  // that a chunk's key is longer than its value's
inline constexpr std::uint64_t kChunksMax = 100'000;

struct Manifest {
  std::uint64_t generation = 0;  // another one each time that a value is written
  std::uint64_t value_bytes = 0;
  std::uint64_t chunk_bytes = 0;  // of every chunk but the last, which may be shorter

  std::uint64_t chunks() const { return value_bytes / chunk_bytes + (value_bytes % chunk_bytes != 0 ? 1 : 0); }
  std::uint64_t BytesOf(std::uint64_t chunk) const { return std::min(chunk_bytes, value_bytes - chunk * chunk_bytes); }

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

using ManifestBytes = std::array<std::byte, kManifestBytes>;
ManifestBytes Write(const Manifest& manifest);

// Whether a value is a manifest, be it a damaged one. No user's value of this look is stored as it is.
bool LooksLikeManifest(ByteSpan value);

// Of a value that looks like one. kUnavailable if it is damaged, kInvalid if it has an unknown version.
Result<Manifest> ParseManifest(ByteSpan value);

// "model.chunk-00112233aabbccdd-00017"
Key ChunkKey(const Key& value, std::uint64_t generation, std::uint64_t chunk);

// The keys of all chunks of a value, behind those that are there.
void AppendChunkKeys(const Key& value, const Manifest& manifest, std::vector<Key>& keys);

struct ChunkName {
  Key value;
  std::uint64_t generation = 0;
};

// Nothing if no chunk has such a key.
std::optional<ChunkName> ParseChunkKey(const Key& key);

}  // namespace lambdaml::chunk
