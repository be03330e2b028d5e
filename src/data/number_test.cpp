// SPDX-License-Identifier: Apache-2.0
#include "data/number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/random.h"

namespace lambdaml::number {
namespace {

// The number in all of `text`, or nothing.
std::optional<float> Read(const std::string& text) {
  const std::string padded = text + "\n" + std::string(kNumberPadding, '\0');
  float number = 0;
  const char* const end = padded.data() + text.size() + 1;
  const char* const stop = ReadFloat(padded.data(), end, number);
  if (stop != padded.data() + text.size()) return std::nullopt;
  return number;
}

TEST(Number, OrdinarySpellingsAreRead) {
  EXPECT_EQ(Read("0"), 0.0F);
  EXPECT_EQ(Read("-0.5"), -0.5F);
  EXPECT_EQ(Read("+7"), 7.0F);
  EXPECT_EQ(Read(".25"), 0.25F);
  EXPECT_EQ(Read("3."), 3.0F);
  EXPECT_EQ(Read("1e3"), 1000.0F);
  EXPECT_EQ(Read("1E-2"), 0.01F);
  EXPECT_EQ(Read("8.692932128906250000e-01"), 0.8692932128906250000F);
  EXPECT_EQ(Read("123456789012345678901234567890"), 123456789012345678901234567890.0F);
  EXPECT_EQ(Read("0.00000000000000000000000000000000000001"), 1e-38F);
}

TEST(Number, TheLimitsAreZeroAndInfinity) {
  EXPECT_EQ(Read("1e-400"), 0.0F);
  EXPECT_EQ(Read("1e-60"), 0.0F);
  EXPECT_TRUE(std::isinf(Read("-1e99").value()));
  EXPECT_TRUE(std::isinf(Read("1e999999999999").value()));
  EXPECT_TRUE(std::isinf(Read("inf").value()));
  EXPECT_TRUE(std::isnan(Read("nan").value()));
}

TEST(Number, WhatIsNoNumberIsNotRead) {
  for (const char* text : {"", "-", "+", ".", "e5", "1e", "1e+", "--1", "+-1", "1.2.3", "0x10", "1,5", "abc", "1 "}) {
    EXPECT_FALSE(Read(text).has_value()) << text;
  }
}

TEST(Number, RoundingIsThatOfTheStandardLibrary) {
  Random random(42, 0);
  for (int i = 0; i < 200000; ++i) {
    std::string text;
    const std::uint64_t digits = 1 + random.Below(20);
    const std::uint64_t point = random.Below(digits + 1);
    for (std::uint64_t d = 0; d < digits; ++d) {
      if (d == point) text += '.';
      text += static_cast<char>('0' + random.Below(10));
    }
    if (random.Below(2) == 0) text += "e" + std::to_string(static_cast<int>(random.Below(50)) - 25);
    ASSERT_EQ(Read(text), std::strtof(text.c_str(), nullptr)) << text;
  }
}

TEST(Number, MidpointsBetweenFloatsAreRoundedRight) {
  Random random(7, 0);
  for (int i = 0; i < 20000; ++i) {
    const float below = static_cast<float>(random.Below(1U << 24U)) * 0x1p-10F;
    const double middle = (static_cast<double>(below) + static_cast<double>(std::nextafter(below, 1e9F))) / 2;
    char text[64];
    for (const double value : {middle, std::nextafter(middle, 0.0), std::nextafter(middle, 1e9)}) {
      snprintf(text, sizeof(text), "%.17g", value);
      ASSERT_EQ(Read(text), std::strtof(text, nullptr)) << text;
      snprintf(text, sizeof(text), "%.25f", value);
      ASSERT_EQ(Read(text), std::strtof(text, nullptr)) << text;
    }
  }
}

}  // namespace
}  // namespace lambdaml::number
