// SPDX-License-Identifier: Apache-2.0
#include "data/yfcc/yfcc_format.h"

#include <gtest/gtest.h>

#include "data/import_testing.h"

namespace lambdaml::yfcc {
namespace {

using YfccFormatTest = testing::ImportTest;
using testing::Texts;

TEST_F(YfccFormatTest, OneTagIsTheLabel) {
  const std::string text = "cat:0.9,animal:0.8 1 -2.5 0\r\n# none\n\nanimals:0.7 0 1e-1 3\n 4 5 6\nanimal:1 7 8 9";
  const auto got = Of("a", text, {.positive = "animal"});
  ASSERT_EQ(got.complaint, "");
  EXPECT_FALSE(got.manifest.sparse);
  EXPECT_EQ(got.manifest.classes, (Texts{"0", "1"}));
  EXPECT_EQ(got.manifest.class_rows, (std::vector<std::uint64_t>{2, 2}));
  EXPECT_EQ(got.train, (Texts{"1: 1 -2.5 0", "0: 0 0.10000000149011612 3", "0: 4 5 6", "1: 7 8 9"}));
  EXPECT_EQ(got.manifest.origin.at("positive"), "animal");
  EXPECT_EQ(Of("a", text, {.positive = "dog"}).manifest.class_rows, (std::vector<std::uint64_t>{4, 0}));
}

TEST_F(YfccFormatTest, WrongRowsAreRefusedWithTheirLine) {
  const ImportOptions options{.positive = "a"};
  EXPECT_EQ(Complaint("x", "a:1 1 2\n"), "x: give positive, the tag whose rows are class 1");
  EXPECT_EQ(Complaint("x", "a:1 1 2\nb:1 1\n", options), "x:2: the row has 1 values, the first row has 2");
  EXPECT_EQ(Complaint("x", "a:1 1 2\nb:1 1 2 3\n", options),
            "x:2: the row has more than 2 values, the first row's number");
  EXPECT_EQ(Complaint("x", "a:1 1 2\nb:1,c 1 2\n", options), "x:2: 'c' is not tag:score");
  EXPECT_EQ(Complaint("x", "a:1 1 2\nb:x 1 2\n", options), "x:2: 'b:x' is not tag:score");
  EXPECT_EQ(Complaint("x", "a:1 1 2\nb:1 1 z\n", options), "x:2: value 2 'z' is not a number");
  EXPECT_EQ(Complaint("x", "a:1 1 2\nb:1 nan 2\n", options), "x:2: value 1 'nan' is not finite");
  EXPECT_EQ(Complaint("x", "a:1 1 2\n", {.columns = 4096, .positive = "a"}),
            "x: rows have 2 columns, but columns 4096 was given; leave it at 0");
  EXPECT_EQ(Complaint("x", "a:1\n", {.format = "yfcc", .positive = "a"}), "x: its first row has no values");
}

}  // namespace
}  // namespace lambdaml::yfcc
