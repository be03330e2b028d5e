// SPDX-License-Identifier: Apache-2.0
#include "data/ratings/ratings_generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace lambdaml::ratings {
namespace {

constexpr std::uint64_t kBlocks = 10;
constexpr double kRows = kBlocks * kGeneratedBlockRows;

std::vector<GeneratedRows> BlocksOf(const std::map<std::string, std::string>& settings) {
  const auto generator = Make({.kind = "ratings", .settings = settings});
  EXPECT_TRUE(generator.ok());
  std::vector<GeneratedRows> blocks;
  for (std::uint64_t block = 0; block < kBlocks; ++block) blocks.push_back(generator.value()->Block(block));
  return blocks;
}

double Deviation(const std::vector<double>& values) {
  double sum = 0;
  double squares = 0;
  for (const double value : values) sum += value;
  for (const double value : values) squares += std::pow(value - sum / static_cast<double>(values.size()), 2);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

TEST(RatingsTest, ARowIsAUserAndAnItem) {
  const auto generator = Make({.kind = "ratings", .settings = {{"users", "500"}, {"items", "300"}}});
  ASSERT_TRUE(generator.ok());
  EXPECT_EQ(generator.value()->form().columns, 800U);
  EXPECT_TRUE(generator.value()->form().classes.empty());
  const GeneratedRows rows = generator.value()->Block(3);
  ASSERT_EQ(rows.indices.size(), 2 * kGeneratedBlockRows);
  for (std::uint64_t row = 0; row < kGeneratedBlockRows; ++row) {
    ASSERT_EQ(rows.ends[row], 2 * row + 2);
    ASSERT_LT(rows.indices[2 * row], 500U);
    ASSERT_GE(rows.indices[2 * row + 1], 500U);
    ASSERT_LT(rows.indices[2 * row + 1], 800U);
    ASSERT_EQ(rows.values[2 * row], 1.0F);
    ASSERT_EQ(rows.values[2 * row + 1], 1.0F);
  }
}

// 0.4^2 of users, 0.4^2 of items, 0.6^2 of factors and 0.5^2 of noise.
TEST(RatingsTest, RatingsAreTheSumOfTheirParts) {
  std::vector<double> ratings;
  for (const GeneratedRows& rows : BlocksOf({{"users", "20000"}, {"items", "20000"}})) {
    ratings.insert(ratings.end(), rows.labels.begin(), rows.labels.end());
  }
  double sum = 0;
  for (const double rating : ratings) sum += rating;
  EXPECT_NEAR(sum / kRows, 3.5, 0.15);  // the commonest item has a tenth of the rows, and a bias
  EXPECT_NEAR(Deviation(ratings), std::sqrt(0.16 + 0.16 + 0.36 + 0.25), 0.08);
}

TEST(RatingsTest, TheSameUserAndItemDifferByTheNoise) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<double>> of_pair;
  for (const GeneratedRows& rows : BlocksOf({{"users", "10"}, {"items", "10"}, {"noise", "0.3"}})) {
    for (std::size_t row = 0; row < rows.labels.size(); ++row) {
      of_pair[{rows.indices[2 * row], rows.indices[2 * row + 1]}].push_back(static_cast<double>(rows.labels[row]));
    }
  }
  EXPECT_EQ(of_pair.size(), 100U);
  for (const auto& [pair, ratings] : of_pair) EXPECT_NEAR(Deviation(ratings), 0.3, 0.07);  // of 100 ratings or more
}

TEST(RatingsTest, PopularItemsFollowAPowerLaw) {
  std::vector<double> rows_with(1000);
  for (const GeneratedRows& rows : BlocksOf({{"users", "1"}, {"items", "1000"}})) {
    for (std::size_t row = 0; row < rows.labels.size(); ++row) ++rows_with[rows.indices[2 * row + 1] - 1];
  }
  // Item i has log((i + 2) / (i + 1)) / log(1001) of the rows.
  EXPECT_NEAR(rows_with[0] / kRows, std::log(2.0) / std::log(1001.0), 0.005);
  EXPECT_NEAR(rows_with[9] / kRows, std::log(11.0 / 10) / std::log(1001.0), 0.002);
}

TEST(RatingsTest, RoundedRatingsAreOneToFive) {
  std::map<float, double> share;
  for (const GeneratedRows& rows : BlocksOf({{"round", "true"}})) {
    for (const float rating : rows.labels) share[rating] += 1 / kRows;
  }
  ASSERT_EQ(share.size(), 5U);
  EXPECT_EQ(share.begin()->first, 1);
  EXPECT_EQ(share.rbegin()->first, 5);
  EXPECT_GT(share[3] + share[4], 0.5);
}

}  // namespace
}  // namespace lambdaml::ratings
