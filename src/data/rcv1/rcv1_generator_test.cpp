// SPDX-License-Identifier: Apache-2.0
#include "data/rcv1/rcv1_generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace lambdaml::rcv1 {
namespace {

constexpr std::uint64_t kBlocks = 3;
constexpr double kRows = kBlocks * kGeneratedBlockRows;

double Quantile(std::vector<float> values, double share) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size()));
  std::nth_element(values.begin(), at, values.end());
  return static_cast<double>(*at);
}

// What was measured on 204,800 rows of the recipe. With 12,288 rows the standard errors of means are 0.5 to 1 %.
class Rcv1Test : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto generator = Make({.kind = "rcv1", .settings = {}});
    ASSERT_TRUE(generator.ok());
    columns_ = generator.value()->form().columns;
    for (std::uint64_t block = 0; block < kBlocks; ++block) Add(generator.value()->Block(block));
  }

  void Add(const GeneratedRows& rows) {
    rows_with_.resize(columns_);
    std::uint32_t begin = 0;
    for (const std::uint32_t end : rows.ends) {
      sizes_.push_back(static_cast<float>(end - begin));
      double squares = 0;
      for (std::uint32_t i = begin; i < end; ++i) {
        ASSERT_LT(rows.indices[i], columns_);
        ASSERT_TRUE(i == begin || rows.indices[i - 1] < rows.indices[i]);
        ASSERT_GT(rows.values[i], 0);
        squares += static_cast<double>(rows.values[i]) * static_cast<double>(rows.values[i]);
        ++rows_with_[rows.indices[i]];
      }
      ASSERT_NEAR(squares, 1, 1e-6);
      begin = end;
    }
    values_.insert(values_.end(), rows.values.begin(), rows.values.end());
    positives_ += std::count(rows.labels.begin(), rows.labels.end(), 1.0F);
  }

  // Share of the rows that hold a term, on average over the terms of ranks first to last: a single term's share depends
  // on the seed's topics.
  double ShareNear(std::size_t first, std::size_t last) const {
    double sum = 0;
    for (std::size_t rank = first; rank <= last; ++rank) sum += rows_with_[rank - 1];
    return sum / static_cast<double>(last - first + 1) / kRows;
  }

  std::uint64_t columns_ = 0;
  std::vector<float> sizes_;
  std::vector<float> values_;
  std::vector<double> rows_with_;
  std::ptrdiff_t positives_ = 0;
};

TEST_F(Rcv1Test, RowsAreLikeTexts) {
  EXPECT_EQ(columns_, 47236U);
  EXPECT_NEAR(static_cast<double>(values_.size()) / kRows, 74.0, 0.02 * 74.0);
  EXPECT_NEAR(static_cast<double>(positives_) / kRows, 0.525, 0.02);  // four standard errors
  EXPECT_NEAR(Quantile(sizes_, 0.05), 20, 1);
  EXPECT_NEAR(Quantile(sizes_, 0.25), 38, 1);
  EXPECT_NEAR(Quantile(sizes_, 0.5), 60, 2);
  EXPECT_NEAR(Quantile(sizes_, 0.75), 94, 3);
  EXPECT_NEAR(Quantile(sizes_, 0.95), 176, 7);
  EXPECT_NEAR(Quantile(values_, 0.05), 0.034, 0.02 * 0.034);
  EXPECT_NEAR(Quantile(values_, 0.25), 0.057, 0.02 * 0.057);
  EXPECT_NEAR(Quantile(values_, 0.5), 0.085, 0.02 * 0.085);
  EXPECT_NEAR(Quantile(values_, 0.75), 0.127, 0.02 * 0.127);
  EXPECT_NEAR(Quantile(values_, 0.95), 0.217, 0.02 * 0.217);
}

TEST_F(Rcv1Test, TermsAreAsCommonAsTheirRank) {
  EXPECT_NEAR(ShareNear(1, 1), 0.36, 0.04);
  EXPECT_NEAR(ShareNear(8, 13), 0.21, 0.02);
  EXPECT_NEAR(ShareNear(80, 125), 0.093, 0.007);
  EXPECT_NEAR(ShareNear(800, 1250), 0.0138, 0.0007);
}

}  // namespace
}  // namespace lambdaml::rcv1
