// SPDX-License-Identifier: Apache-2.0
#include "data/yfcc/yfcc_generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace lambdaml::yfcc {
namespace {

std::unique_ptr<Generator> Made(const std::string& columns) {
  auto generator = Make({.kind = "yfcc", .settings = {{"columns", columns}}});
  EXPECT_TRUE(generator.ok());
  return std::move(generator).value();
}

// What was measured on 22,000 rows of the recipe, at all 4,096 columns. Columns are alike, but their means differ, by
// 0.35: of 256 columns the mean of means is known to 0.022.
TEST(YfccTest, ValuesAreMostlyNegative) {
  const auto generator = Made("256");
  double sum = 0;
  double squares = 0;
  double negative = 0;
  const GeneratedRows rows = generator->Block(7);
  for (const float value : rows.values) {
    sum += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
    negative += value <= 0 ? 1 : 0;
  }
  const auto count = static_cast<double>(rows.values.size());
  EXPECT_NEAR(sum / count, -0.906, 0.07);
  EXPECT_NEAR(std::sqrt(squares / count - sum / count * (sum / count)), 2.04, 0.04);
  EXPECT_NEAR(negative / count, 0.67, 0.02);
  EXPECT_NEAR(std::sqrt(squares / count * 4096), 142, 3);  // the row norm at 4,096 columns
}

TEST(YfccTest, FewRowsArePositive) {
  const auto generator = Made("1");
  EXPECT_EQ(generator->form().classes, (std::vector<std::string>{"0", "1"}));
  double positives = 0;
  for (std::uint64_t block = 0; block < 5; ++block) {
    const GeneratedRows rows = generator->Block(block);
    positives += static_cast<double>(std::count(rows.labels.begin(), rows.labels.end(), 1.0F));
  }
  EXPECT_NEAR(positives / (5 * kGeneratedBlockRows), 0.076, 0.006);  // three standard errors
}

// The first principal part holds 16 % of the variance. Found by power iteration; with 300 columns the directions of
// factors are not quite orthogonal, which moves a little of the others' variance into it.
TEST(YfccTest, OneDirectionHoldsASixthOfTheVariance) {
  constexpr std::size_t kColumns = 300;
  const GeneratedRows rows = Made("300")->Block(0);
  std::vector<double> mean(kColumns);
  for (std::size_t i = 0; i < rows.values.size(); ++i) {
    mean[i % kColumns] += static_cast<double>(rows.values[i]) / kGeneratedBlockRows;
  }
  double variance = 0;
  for (std::size_t i = 0; i < rows.values.size(); ++i) {
    variance += std::pow(static_cast<double>(rows.values[i]) - mean[i % kColumns], 2);
  }
  std::vector<double> direction(kColumns, 1);
  double part = 0;
  for (int pass = 0; pass < 8; ++pass) {
    std::vector<double> next(kColumns);
    for (std::uint64_t row = 0; row < kGeneratedBlockRows; ++row) {
      const float* const values = rows.values.data() + row * kColumns;
      double product = 0;
      for (std::size_t j = 0; j < kColumns; ++j) product += direction[j] * (static_cast<double>(values[j]) - mean[j]);
      for (std::size_t j = 0; j < kColumns; ++j) next[j] += product * (static_cast<double>(values[j]) - mean[j]);
    }
    double squares = 0;
    for (const double value : next) squares += value * value;
    part = std::sqrt(squares);
    for (std::size_t j = 0; j < kColumns; ++j) direction[j] = next[j] / part;
  }
  EXPECT_NEAR(part / variance, 0.16, 0.025);
}

TEST(YfccTest, EveryColumnHasTheSameSpread) {
  constexpr std::size_t kColumns = 100;  // one tile and a part of the next
  const GeneratedRows rows = Made("100")->Block(0);
  ASSERT_EQ(rows.values.size(), kColumns * kGeneratedBlockRows);
  for (std::size_t column = 0; column < kColumns; ++column) {
    double sum = 0;
    double squares = 0;
    for (std::uint64_t row = 0; row < kGeneratedBlockRows; ++row) {
      const auto value = static_cast<double>(rows.values[row * kColumns + column]);
      sum += value / kGeneratedBlockRows;
      squares += value * value / kGeneratedBlockRows;
    }
    EXPECT_NEAR(std::sqrt(squares - sum * sum), 2.02, 0.25) << column;
  }
}

}  // namespace
}  // namespace lambdaml::yfcc
