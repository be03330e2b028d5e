// SPDX-License-Identifier: Apache-2.0
#include "base/crc.h"

#include <gtest/gtest.h>

#include <vector>

namespace lambdaml {
namespace {

// RFC 3720, appendix B.4, and the check value of the catalogue of CRC algorithms.
TEST(Crc32c, HasThePublishedValues) {
  EXPECT_EQ(Crc32c(AsBytes("")), 0U);
  EXPECT_EQ(Crc32c(AsBytes("123456789")), 0xE3069283U);
  EXPECT_EQ(Crc32c(Bytes(32, std::byte{0x00})), 0x8A9136AAU);
  EXPECT_EQ(Crc32c(Bytes(32, std::byte{0xFF})), 0x62A8AB43U);
}

TEST(Crc32c, ContinuesAcrossAnyCut) {
  const std::string_view text = "the quick brown fox jumps over the lazy dog";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(Crc32c(AsBytes(text.substr(cut)), Crc32c(AsBytes(text.substr(0, cut)))), Crc32c(AsBytes(text))) << cut;
  }
}

// Against the definition, bit by bit, for lengths around those that are computed in other ways.
TEST(Crc32c, IsTheSameForEveryEngineLengthAndPlace) {
  Bytes bytes(30'000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>((i * i + 7 * i) >> 3U);
  std::vector<std::uint32_t> expected{0};
  std::uint32_t crc = ~0U;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
    expected.push_back(~crc);
  }
  for (const crc::Engine engine : crc::Engines()) {
    for (std::size_t size = 0; size <= bytes.size(); size += size < 2'000 ? 1 : 97) {
      ASSERT_EQ(~engine(ByteSpan(bytes).first(size), ~0U), expected[size]) << size;
      ASSERT_EQ(~engine(ByteSpan(bytes).subspan(size), ~expected[size]), expected.back()) << size;
    }
  }
}

}  // namespace
}  // namespace lambdaml
