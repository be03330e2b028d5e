// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lambdaml {
namespace {

TEST(Text, JoinsPieces) {
  EXPECT_EQ(StrCat("row ", 17, ": label ", 2.5), "row 17: label 2.5");
  EXPECT_EQ(StrCat(-1L, " ", std::string("x"), " ", std::string_view("y"), " ", 18446744073709551615ULL),
            "-1 x y 18446744073709551615");
  EXPECT_EQ(StrCat(0.1, " ", 1e300, " ", -0.0), "0.1 1e+300 -0");
  const std::vector<std::string> parts{"a", "b", "c"};
  EXPECT_EQ(JoinWith(", ", parts), "a, b, c");
}

TEST(Text, ReadsWholeNumbersOnly) {
  EXPECT_EQ(ParseInteger("-12"), -12);
  EXPECT_EQ(ParseInteger("+12"), 12);
  EXPECT_EQ(ParseInteger("9223372036854775807"), 9223372036854775807);
  for (const char* const text : {"", "+", "-", "12 ", " 12", "1.5", "0x10", "9223372036854775808"}) {
    EXPECT_EQ(ParseInteger(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseDouble("1.0e-5"), 1e-5);
  EXPECT_EQ(ParseDouble("3"), 3.0);
  EXPECT_TRUE(std::isnan(ParseDouble("nan").value()));
  for (const char* const text : {"", "1,5", "1.5x", "--1"}) EXPECT_EQ(ParseDouble(text), std::nullopt) << text;
}

TEST(Text, SplitsAndTrims) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(SplitText("a,,b,", ','), (Parts{"a", "", "b", ""}));
  EXPECT_EQ(SplitText("", ','), Parts{""});
  EXPECT_EQ(Trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(Trim(" \n"), "");
}

TEST(Text, FindsWhatWasMeant) {
  const std::vector<std::string> known{"learning_rate", "batch", "epochs"};
  EXPECT_EQ(Nearest("learning_rat", known), "learning_rate");
  EXPECT_EQ(Nearest("learningrate", known), "learning_rate");
  EXPECT_EQ(Nearest("bacth", known), "batch");
  EXPECT_EQ(Nearest("epoch", known), "epochs");
  EXPECT_EQ(Nearest("colour", known), std::nullopt);
  EXPECT_EQ(Nearest("x", {}), std::nullopt);
}

TEST(Text, PrintsForPeople) {
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(1023), "1023 B");
  EXPECT_EQ(HumanBytes(1536), "1.5 KiB");
  EXPECT_EQ(HumanBytes(64.0 * 1024 * 1024), "64.0 MiB");
  EXPECT_EQ(HumanSeconds(0.0000123), "12 us");
  EXPECT_EQ(HumanSeconds(0.0123), "12.3 ms");
  EXPECT_EQ(HumanSeconds(9.87), "9.9 s");
  EXPECT_EQ(HumanSeconds(150), "2 min 30 s");
  EXPECT_EQ(HumanSeconds(7500), "2 h 5 min");
  EXPECT_EQ(HumanCount(0), "0");
  EXPECT_EQ(HumanCount(999), "999");
  EXPECT_EQ(HumanCount(1234567), "1,234,567");
  EXPECT_EQ(HumanCount(-123456), "-123,456");
  EXPECT_EQ(Fixed(2.0 / 3, 3), "0.667");
  EXPECT_EQ(Padded(7, 3), "007");
  EXPECT_EQ(Padded(12345, 3), "12345");
}

}  // namespace
}  // namespace lambdaml
