// SPDX-License-Identifier: Apache-2.0
#include "data/criteo/criteo_generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace lambdaml::criteo {
namespace {

constexpr std::uint64_t kBlocks = 10;
constexpr double kRows = kBlocks * kGeneratedBlockRows;

std::unique_ptr<Generator> Made(const std::string& seed) {
  auto generator = Make({.kind = "criteo", .settings = {{"seed", seed}}});
  EXPECT_TRUE(generator.ok());
  return std::move(generator).value();
}

TEST(CriteoTest, RowsAreThirtyNineHashedValues) {
  const auto generator = Made("1");
  EXPECT_EQ(generator->form().columns, 1000000U);
  double entries = 0;
  double clicks = 0;
  for (std::uint64_t block = 0; block < kBlocks; ++block) {
    const GeneratedRows rows = generator->Block(block);
    entries += static_cast<double>(rows.indices.size());
    clicks += static_cast<double>(std::count(rows.labels.begin(), rows.labels.end(), 1.0F));
    for (const float value : rows.values) ASSERT_NEAR(value, 1 / std::sqrt(39.0), 1e-7);
    std::uint32_t begin = 0;
    for (const std::uint32_t end : rows.ends) {
      for (std::uint32_t i = begin + 1; i < end; ++i) ASSERT_LT(rows.indices[i - 1], rows.indices[i]);
      begin = end;
    }
    ASSERT_LT(*std::max_element(rows.indices.begin(), rows.indices.end()), 1000000U);
  }
  EXPECT_NEAR(entries / kRows, 39, 0.01);            // two values of a row share a column once in a thousand rows
  EXPECT_NEAR(clicks / kRows, 0.256, 0.03 * 0.256);  // rows of one site, user or ad hang together
}

// 600,000 rows of the recipe have 468,044 columns; 40,960 rows have fewer, by the same power laws.
TEST(CriteoTest, ValuesFollowPowerLaws) {
  const auto generator = Made("1");
  std::vector<std::uint32_t> rows_with(generator->form().columns);
  for (std::uint64_t block = 0; block < kBlocks; ++block) {
    for (const std::uint32_t column : generator->Block(block).indices) ++rows_with[column];
  }
  std::sort(rows_with.begin(), rows_with.end(), std::greater<>());
  // The commonest value is that of the field of 3 values, whose law gives it (1 - 2^-0.05) / (1 - 4^-0.05) of its rows;
  // a hidden number decides over half of them at once, hence the wide margin.
  EXPECT_NEAR(rows_with[0] / kRows, 0.506, 0.15);
  const auto live = std::find(rows_with.begin(), rows_with.end(), 0U) - rows_with.begin();
  EXPECT_GT(live, 80000);
  EXPECT_LT(live, 130000);
}

TEST(CriteoTest, EverySeedHasTheSameShareOfClicks) {
  for (const char* seed : {"2", "3", "4"}) {
    const GeneratedRows rows = Made(seed)->Block(1000);
    const auto clicks = static_cast<double>(std::count(rows.labels.begin(), rows.labels.end(), 1.0F));
    EXPECT_NEAR(clicks / kGeneratedBlockRows, 0.256, 0.04) << seed;
  }
}

}  // namespace
}  // namespace lambdaml::criteo
