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

TEST(Base64, RefusesWhatNoEncoderWrites) {
  for (const std::string_view text : {"Z", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm9*"}) {
    EXPECT_FALSE(FromBase64(text).ok()) << text;
  }
}

}  // namespace
}  // namespace lambdaml
