// SPDX-License-Identifier: Apache-2.0
#include "worker/metrics.h"

#include <gtest/gtest.h>

#include <array>

#include "base/random.h"
#include "model/registry.h"

namespace lambdaml {
namespace {

// Rows of one column; with the weight 1 it is the margin.
struct Rows {
  Rows(std::size_t count, double shift) : values(count) {
    Random random(5, count);
    batch.columns = 1;
    for (float& value : values) {
      batch.labels.push_back(static_cast<float>(random.Below(2)));
      value = static_cast<float>(random.Normal() + shift * batch.labels.back());
      batch.dense.push_back(&value);
    }
  }

  double ExactAuc() const {
    double ordered = 0;
    double pairs = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (std::size_t j = 0; j < values.size(); ++j) {
        if (batch.labels[i] != 1 || batch.labels[j] != 0) continue;
        ordered += values[i] > values[j] ? 1 : values[i] == values[j] ? 0.5 : 0;
        ++pairs;
      }
    }
    return ordered / pairs;
  }

  std::vector<float> values;
  Batch batch;
};

constexpr std::array<float, 2> kParameters{1, 0};

class AucTest : public ::testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<Model> model_ = MakeModel({GetParam(), {}}, {.columns = 1, .classes = 2}).value();
};

TEST_P(AucTest, IsTheShareOfOrderedPairs) {
  for (const double shift : {-1.0, 0.0, 0.5, 3.0}) {
    const Rows rows(2000, shift);
    EXPECT_NEAR(AucOf(CountMargins(*model_, kParameters, rows.batch)), rows.ExactAuc(), 1e-4) << shift;
  }
}

TEST_P(AucTest, CountsOfPartsAddUp) {
  const Rows rows(500, 1);
  const std::vector<double> all = CountMargins(*model_, kParameters, rows.batch);
  std::vector<double> sum = CountMargins(*model_, kParameters, RowSpan(rows.batch).Part(0, 123));
  const std::vector<double> rest = CountMargins(*model_, kParameters, RowSpan(rows.batch).Part(123, 500));
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += rest[i];
  EXPECT_EQ(sum, all);
}

TEST_P(AucTest, IsOneHalfWithoutOrder) {
  Rows rows(50, 1);
  for (float& value : rows.values) value = 0;
  EXPECT_EQ(AucOf(CountMargins(*model_, kParameters, rows.batch)), 0.5) << "all margins are equal";
  for (float& label : rows.batch.labels) label = 1;
  EXPECT_EQ(AucOf(CountMargins(*model_, kParameters, rows.batch)), 0.5) << "there is one class";
}

INSTANTIATE_TEST_SUITE_P(Models, AucTest, ::testing::Values("logistic", "svm"));

TEST(Metrics, AreThoseOfWhatIsLearnt) {
  const Score score{.loss = 8, .correct = 3, .squares = 36, .rows = 4};
  const Metrics classes = MetricsOf(Learns::kClasses, score, {});
  EXPECT_EQ(classes.loss, 2);
  EXPECT_EQ(classes.accuracy, 0.75);
  EXPECT_FALSE(classes.rmse || classes.auc);
  const Metrics numbers = MetricsOf(Learns::kNumbers, score, {});
  EXPECT_EQ(numbers.rmse, 3);
  EXPECT_FALSE(numbers.accuracy);
  EXPECT_FALSE(MetricsOf(Learns::kClusters, score, {}).accuracy);
  EXPECT_EQ(MetricsOf(Learns::kClasses, {}, {}).rows, 0);
}

}  // namespace
}  // namespace lambdaml
