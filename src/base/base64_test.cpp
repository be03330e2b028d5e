// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <gtest/gtest.h>

namespace lambdaml {
namespace {

// The examples of RFC 4648, section 10.
TEST(Base64, ExamplesOfTheStandard) {
  const std::pair<std::string_view, std::string_view> examples[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(ToBase64(bytes), text);
    EXPECT_EQ(FromBase64(text).value(), bytes);
  }
}

TEST(Base64, EveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(FromBase64(ToBase64(bytes)).value(), bytes);
}

TEST(Base64, AppendsToATextAndGivesBytes) {
  std::string text = "{";
  AppendBase64(text, AsBytes("foob"));
  EXPECT_EQ(text, "{Zm9vYg==");
  AppendBase64(text, {});
  EXPECT_EQ(text.size(), 1 + Base64Size(4) + Base64Size(0));
  for (std::size_t size = 0; size < 100; ++size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(251 * i + size);
    std::string encoded;
    AppendBase64(encoded, bytes);
    EXPECT_EQ(encoded.size(), Base64Size(size));
    EXPECT_EQ(BytesFromBase64(encoded).value(), bytes);
  }
}

TEST(Base64, RefusesWhatNoEncoderWrites) {
  for (const std::string_view text : {"Z", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm9*"}) {
    EXPECT_FALSE(FromBase64(text).ok()) << text;
    EXPECT_FALSE(BytesFromBase64(text).ok()) << text;
  }
  for (std::size_t place = 0; place < 8; ++place) {
    for (const char wrong : {'*', '=', '\0', '\xFF', '-'}) {
      if (wrong == '=' && place == 7) continue;
      std::string text = "Zm9vYmFy";
      text[place] = wrong;
      EXPECT_FALSE(FromBase64(text).ok()) << text;
    }
  }
}

}  // namespace
}  // namespace lambdaml
