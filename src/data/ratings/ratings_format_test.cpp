// SPDX-License-Identifier: Apache-2.0
#include "data/ratings/ratings_format.h"

#include <gtest/gtest.h>

#include "data/import_testing.h"

namespace lambdaml::ratings {
namespace {

using RatingsFormatTest = testing::ImportTest;
using testing::Texts;

TEST_F(RatingsFormatTest, AllOfMovieLensFormsComeBack) {
  const Texts rows{"3: 0=1 4=1", "0.5: 2=1 3=1"};
  const auto got = Of("u.data", "1\t2\t3\t881250949\n3\t1\t0.5\t891717742\n");
  ASSERT_EQ(got.complaint, "");
  EXPECT_TRUE(got.manifest.sparse);
  EXPECT_EQ(got.manifest.columns, 5U);
  EXPECT_TRUE(got.manifest.classes.empty());
  EXPECT_EQ(got.manifest.origin.at("users"), "3");
  EXPECT_EQ(got.manifest.origin.at("items"), "2");
  EXPECT_EQ(got.train, rows);
  EXPECT_EQ(Of("a", "1::2::3::978300760\r\n3::1::0.5::978302109").train, rows);
  EXPECT_EQ(Of("a", "userId,movieId,rating,timestamp\n1,2,3.0,964982703\n# no row\n\n3,1,0.5,964981247\n").train, rows);
  EXPECT_EQ(Of("a.csv", "1,2,3\n3, 1, .5\n", {.format = "ratings"}).train, rows);
  EXPECT_EQ(Of("a", "1 2 3 9\n3 1 0.5 9\n", {.format = "ratings"}).train, rows);
}

TEST_F(RatingsFormatTest, NumbersMayCountFromZero) {
  EXPECT_EQ(Of("ratings.csv", "0,2,3\n1,1,4\n").train, (Texts{"3: 0=1 4=1", "4: 1=1 3=1"}));
  EXPECT_EQ(Of("ratings.csv", "1,2,3\n", {.index_base = "0"}).train, (Texts{"3: 1=1 4=1"}));
  EXPECT_EQ(Complaint("ratings.csv", "1,1,3\n1,0,3\n", {.index_base = "1"}),
            "ratings.csv:2: number 0 where they count from 1; give index_base 0");
}

TEST_F(RatingsFormatTest, UsersAndItemsAreThoseOfBothSplits) {
  const auto got = Of("ratings.csv", "1,1,3\n", {.test = folder_.Write("t", "2,4,5\n")});
  EXPECT_EQ(got.manifest.columns, 6U);
  EXPECT_EQ(got.train, (Texts{"3: 0=1 2=1"}));
  EXPECT_EQ(got.test, (Texts{"5: 1=1 5=1"}));
  const auto told = Of("ratings.csv", "1,1,3\n", {.users = 10, .items = 20});
  EXPECT_EQ(told.manifest.columns, 30U);
  EXPECT_EQ(told.train, (Texts{"3: 0=1 10=1"}));
}

TEST_F(RatingsFormatTest, WrongRatingsAreRefusedWithTheirLine) {
  const std::string name = "ratings.csv";
  EXPECT_EQ(Complaint(name, "1,1,3\nx,1,3\n"),
            "ratings.csv:2: user 'x' is not a whole number; a line is user, item, rating");
  EXPECT_EQ(Complaint(name, "1,1,3\n2,1.5,3\n"),
            "ratings.csv:2: item '1.5' is not a whole number; a line is user, item, rating");
  EXPECT_EQ(Complaint(name, "1,1,3\n2,1\n"),
            "ratings.csv:2: item '1' is not a whole number; a line is user, item, rating");
  EXPECT_EQ(Complaint(name, "1,1,3\n2,1,\n"), "ratings.csv:2: rating '' is not a finite number");
  EXPECT_EQ(Complaint(name, "1,1,3\n2,1,nan\n"), "ratings.csv:2: rating 'nan' is not a finite number");
  EXPECT_EQ(Complaint(name, "1,1,3\n2,1,4x\n"), "ratings.csv:2: rating '4x' is not a finite number");
  EXPECT_EQ(Complaint(name, "4294967295,1,3\n"), "ratings.csv:1: user '4294967295' is larger than 4294967294");
  EXPECT_EQ(Complaint(name, "1,1,3\n7,1,3\n", {.users = 5}),
            "ratings.csv:2: user 7 is beyond the 5 users of the dataset; give users 7 or more");
  EXPECT_EQ(Complaint(name, "1,1,3\n1,9,3\n", {.items = 8}),
            "ratings.csv:2: item 9 is beyond the 8 items of the dataset; give items 9 or more");
  EXPECT_EQ(Complaint(name, "4294967294,4294967294,3\n"),
            "ratings.csv: 4294967294 users and 4294967294 items are more than 4294967295 columns");
  EXPECT_EQ(Complaint(name, "1,1,3\n", {.columns = 9}),
            "ratings.csv: columns 9 was given, but 1 users and 1 items are 2; give users and items instead");
  EXPECT_EQ(Complaint(name, "1,1,3\n", {.form = "dense"}), "ratings.csv: ratings are sparse rows; leave form at auto");
}

}  // namespace
}  // namespace lambdaml::ratings
