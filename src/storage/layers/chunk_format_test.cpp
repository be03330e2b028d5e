// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/chunk_format.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace lambdaml::chunk {
namespace {

constexpr Manifest kExample{.generation = 0x00112233AABBCCDD, .value_bytes = 1'000'000, .chunk_bytes = 409'600};

std::string Hex(ByteSpan bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    text += "0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4U];
    text += "0123456789abcdef"[std::to_integer<unsigned>(byte) & 0xFU];
  }
  return text;
}

// The example of docs/formats/chunks.md.
TEST(ChunkFormat, IsAsDocumented) {
  EXPECT_EQ(Hex(Write(kExample)),
            "4c4d4348554e4b53"
            "010000001d8a01a8"
            "ddccbbaa33221100"
            "40420f0000000000"
            "0040060000000000"
            "4c4d4348554e4b53");
  EXPECT_EQ(kExample.chunks(), 3U);
  EXPECT_EQ(kExample.BytesOf(2), 180'800U);
  EXPECT_EQ(ChunkKey(Key("models/a"), kExample.generation, 2).text(), "models/a.chunk-00112233aabbccdd-00002");
}

TEST(ChunkFormat, IsReadAsItIsWritten) {
  for (const std::uint64_t value : {0ULL, 1ULL, 48ULL, 409'600ULL, 1ULL << 35U}) {
    const Manifest manifest{.generation = ~value, .value_bytes = value, .chunk_bytes = 409'600};
    EXPECT_EQ(ParseManifest(Write(manifest)).value(), manifest);
  }
}

TEST(ChunkFormat, ADamagedManifestIsNeitherReadNorTakenForAValue) {
  for (std::size_t bit = 0; bit < 8 * kManifestBytes; ++bit) {
    ManifestBytes bytes = Write(kExample);
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    ASSERT_TRUE(LooksLikeManifest(bytes)) << bit;
    ASSERT_FALSE(ParseManifest(bytes).ok()) << bit;
  }
  EXPECT_FALSE(LooksLikeManifest(AsBytes(std::string(kManifestBytes, 'L'))));
  EXPECT_FALSE(LooksLikeManifest(ByteSpan(Write(kExample)).first(kManifestBytes - 1)));
}

TEST(ChunkFormat, AChunksKeyTellsWhoseItIs) {
  const auto name = ParseChunkKey(Key("a/b.chunk-00112233aabbccdd-00002"));
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->value, Key("a/b"));
  EXPECT_EQ(name->generation, kExample.generation);
  for (const char* const other :
       {"", "a", ".chunk-00112233aabbccdd-00002", "a.chunk-00112233AABBCCDD-00002", "a.chunk-00112233aabbccdd-0000x",
        "a.chunk-00112233aabbccdd_00002", "a.chunk-00112233aabbccdd-000002", "a_chunk-00112233aabbccdd-00002",
        "a.chunk-0x112233aabbccdd-00002", "a.chunk-00112233aabbccdd--0002"}) {
    EXPECT_FALSE(ParseChunkKey(Key(other)).has_value()) << other;
  }
}

}  // namespace
}  // namespace lambdaml::chunk
