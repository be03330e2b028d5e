// SPDX-License-Identifier: Apache-2.0
#include "base/crc.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace lambdaml
