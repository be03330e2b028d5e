// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/chunk_format.h"

#include <charconv>
#include <string>

#include "base/crc.h"
#include "base/text.h"

namespace lambdaml::chunk {

namespace {

// At both ends, so that damage to one of them does not make it a value.
constexpr std::string_view kMagic = "LMCHUNKS";
constexpr std::uint64_t kVersion = 1;

constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kChecksumAt = 12;
constexpr std::size_t kGenerationAt = 16;
constexpr std::size_t kValueBytesAt = 24;
constexpr std::size_t kChunkBytesAt = 32;
constexpr std::size_t kMagicAgainAt = 40;

constexpr std::string_view kMark = ".chunk-";
constexpr std::size_t kGenerationDigits = 16;
constexpr std::size_t kChunkDigits = 5;

static_assert(kMark.size() + kGenerationDigits + 1 + kChunkDigits == kSuffixBytes);

void Store(ManifestBytes& to, std::size_t at, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) to[at + i] = static_cast<std::byte>(number >> (8 * i));
}

std::uint64_t LoadNumber(ByteSpan from, std::size_t at, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes; ++i) number |= std::to_integer<std::uint64_t>(from[at + i]) << (8 * i);
  return number;
}

// Of all bytes but its own.
std::uint32_t Checksum(ByteSpan manifest) {
  return Crc32c(manifest.subspan(kGenerationAt), Crc32c(manifest.first(kChecksumAt)));
}

bool HasMagic(ByteSpan value, std::size_t at) {
  return std::ranges::equal(value.subspan(at, kMagic.size()), AsBytes(kMagic));
}

std::optional<std::uint64_t> ParseDigits(std::string_view text, int base) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  const bool upper = std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'F'; });
  if (error != std::errc() || end != text.data() + text.size() || upper) return std::nullopt;
  return number;
}

}  // namespace

ManifestBytes Write(const Manifest& manifest) {
  ManifestBytes bytes{};
  std::ranges::copy(AsBytes(kMagic), bytes.begin());
  Store(bytes, kVersionAt, kVersion, 4);
  Store(bytes, kGenerationAt, manifest.generation, 8);
  Store(bytes, kValueBytesAt, manifest.value_bytes, 8);
  Store(bytes, kChunkBytesAt, manifest.chunk_bytes, 8);
  std::ranges::copy(AsBytes(kMagic), bytes.begin() + kMagicAgainAt);
  Store(bytes, kChecksumAt, Checksum(bytes), 4);
  return bytes;
}

bool LooksLikeManifest(ByteSpan value) {
  return value.size() == kManifestBytes && (HasMagic(value, 0) || HasMagic(value, kMagicAgainAt));
}

Result<Manifest> ParseManifest(ByteSpan value) {
  if (LoadNumber(value, kChecksumAt, 4) != Checksum(value)) {
    return Error{Code::kUnavailable, "what tells the chunks of the value is damaged"};
  }
  const std::uint64_t version = LoadNumber(value, kVersionAt, 4);
  const Manifest manifest{.generation = LoadNumber(value, kGenerationAt, 8),
                          .value_bytes = LoadNumber(value, kValueBytesAt, 8),
                          .chunk_bytes = LoadNumber(value, kChunkBytesAt, 8)};
  if (version != kVersion || manifest.chunk_bytes == 0 || manifest.chunks() > kChunksMax) {
    return Error{Code::kInvalid, StrCat("the value is in chunks of version ", version, ", this program knows version ",
                                        kVersion, ": use a newer one")};
  }
  return manifest;
}

Key ChunkKey(const Key& value, std::uint64_t generation, std::uint64_t chunk) {
  std::string text;
  text.reserve(value.text().size() + kSuffixBytes);
  text.append(value.text()).append(kMark);
  for (std::size_t i = kGenerationDigits; i-- > 0;) text += "0123456789abcdef"[(generation >> (4 * i)) & 0xFU];
  text.append(1, '-').append(Padded(chunk, kChunkDigits));
  return Key(std::move(text));
}

void AppendChunkKeys(const Key& value, const Manifest& manifest, std::vector<Key>& keys) {
  for (std::uint64_t i = 0; i < manifest.chunks(); ++i) keys.push_back(ChunkKey(value, manifest.generation, i));
}

std::optional<ChunkName> ParseChunkKey(const Key& key) {
  std::string_view text = key.text();
  if (text.size() <= kSuffixBytes) return std::nullopt;
  std::string_view suffix = text.substr(text.size() - kSuffixBytes);
  if (!suffix.starts_with(kMark)) return std::nullopt;
  suffix.remove_prefix(kMark.size());
  const auto generation = ParseDigits(suffix.substr(0, kGenerationDigits), 16);
  const auto chunk = ParseDigits(suffix.substr(kGenerationDigits + 1), 10);
  if (!generation || !chunk || suffix[kGenerationDigits] != '-') return std::nullopt;
  text.remove_suffix(kSuffixBytes);
  return ChunkName{.value = Key(std::string(text)), .generation = *generation};
}

}  // namespace lambdaml::chunk
