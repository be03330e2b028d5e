// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "model/clusters.h"
#include "model/model_conformance.h"

namespace lambdaml {
namespace {

using conformance::SampleRows;

std::unique_ptr<Model> Clusters(std::size_t count, std::size_t columns) {
  return MakeModel({"kmeans", {{"k", std::to_string(count)}}}, {.columns = columns, .classes = 0}).value();
}

// What is promised of every model, but for classes. Centres off the grid of the rows are never equally near.
TEST(Kmeans, Conforms) {
  for (const std::size_t count : {1U, 3U, 10U, 40U}) {
    for (const std::size_t columns : {1U, 5U, 16U, 33U, 300U}) {
      SCOPED_TRACE(::testing::Message() << count << " clusters, " << columns << " columns");
      const auto model = Clusters(count, columns);
      const SampleRows rows(70, {.columns = columns, .classes = 3});
      conformance::CheckParameters(*model);
      conformance::CheckFormsAgree(*model, rows);
      conformance::CheckAdditivity(*model, rows.dense);
      conformance::CheckAdditivity(*model, rows.sparse);
      conformance::CheckDeterminism(*model, rows);
      conformance::CheckEmptyBatch(*model, columns);
    }
  }
}

TEST(Kmeans, GradientIsTheSlopeOfTheLoss) {
  const auto model = Clusters(4, 6);
  const SampleRows rows(60, {.columns = 6, .classes = 3});
  conformance::CheckGradient(*model, rows.dense);
  conformance::CheckGradient(*model, rows.sparse);
}

TEST(Kmeans, PredictsNumberAndSquaredDistance) {
  const auto model = Clusters(2, 2);
  const std::vector<float> centres = {0, 0, 10, 0};
  const std::vector<float> x = {3, 4, 9, 2, 5, 0};
  const Batch batch{.columns = 2, .dense = {&x[0], &x[2], &x[4]}, .sparse = {}, .labels = {0, 0, 0}};
  std::vector<float> predictions(6);
  model->Predict(centres, batch, predictions);
  EXPECT_EQ(predictions, (std::vector<float>{0, 25, 1, 5, 0, 25}));
  const Score score = model->Evaluate(centres, batch);
  EXPECT_EQ(score.loss, 55);
  EXPECT_EQ(score.rows, 3);
}

TEST(Kmeans, MembersAreDifferencesAndCounts) {
  const auto model = Clusters(2, 1);
  const std::vector<float> centres = {0, 10};
  const std::vector<float> x = {1, 2, 9};
  const std::uint32_t column = 0;
  const Batch dense{.columns = 1, .dense = {&x[0], &x[1], &x[2]}, .sparse = {}, .labels = {0, 0, 0}};
  const Batch sparse{.columns = 1,
                     .dense = {},
                     .sparse = {{&column, &x[0], 1}, {&column, &x[1], 1}, {&column, &x[2], 1}},
                     .labels = {0, 0, 0}};
  for (const Batch& rows : {dense, sparse}) {
    std::vector<float> offsets = {100, 100};
    std::vector<double> counts = {7, 7};
    const Score score = model->clusters()->AddMembers(centres, rows, offsets, counts);
    EXPECT_EQ(score.loss, 6);
    EXPECT_EQ(offsets, (std::vector<float>{103, 99}));
    EXPECT_EQ(counts, (std::vector<double>{9, 8}));
  }
}

// Of centres far from 0 and close to each other, |x|^2 - 2 c.x + |c|^2 has no correct digit.
TEST(Kmeans, CentresFarFromZeroAreToldApart) {
  constexpr std::size_t kColumns = 20;
  const auto model = Clusters(3, kColumns);
  std::vector<float> centres(3 * kColumns);
  for (std::size_t i = 0; i < centres.size(); ++i) centres[i] = 10'000 + static_cast<float>(i / kColumns);
  for (const float near : {0.0F, 1.0F, 2.0F}) {
    const std::vector<float> x(kColumns, 10'000.25F + near);
    std::vector<std::uint32_t> index(kColumns);
    for (std::uint32_t i = 0; i < kColumns; ++i) index[i] = i;
    const Batch dense{.columns = kColumns, .dense = {x.data()}, .sparse = {}, .labels = {0}};
    const Batch sparse{.columns = kColumns, .dense = {}, .sparse = {{index.data(), x.data(), kColumns}}, .labels = {0}};
    for (const Batch& row : {dense, sparse}) {
      std::vector<float> prediction(2);
      model->Predict(centres, row, prediction);
      EXPECT_EQ(prediction, (std::vector<float>{near, kColumns / 16.0F}));
    }
  }
}

TEST(Kmeans, FindsNearestOfAnyNumberOfCentres) {
  const auto model = Clusters(2, 5);
  const SampleRows rows(130, {.columns = 5, .classes = 3});
  const std::vector<float> centres = conformance::SampleParameters(*Clusters(600, 5));
  for (const Batch& batch : {rows.dense, rows.sparse}) {
    std::vector<std::uint32_t> nearest(130);
    std::vector<float> distances(130);
    model->clusters()->FindNearest(centres, batch, nearest, distances);
    for (std::size_t row = 0; row < 130; ++row) {
      double least = INFINITY;
      std::size_t first = 0;
      for (std::size_t c = 0; c < 600; ++c) {
        double distance = 0;
        for (std::size_t i = 0; i < 5; ++i) distance += std::pow(rows.dense.dense[row][i] - centres[c * 5 + i], 2);
        if (distance < least) first = c;
        least = std::min(least, distance);
      }
      ASSERT_EQ(nearest[row], first) << row;
      ASSERT_EQ(distances[row], static_cast<float>(least)) << row;
    }
  }
}

// Differences keep their precision over many rows.
TEST(Kmeans, SumsOfManyRowsAreAccurate) {
  constexpr std::size_t kRows = 300'000;
  const std::vector<float> x(16, 1.1F);
  const Batch batch{.columns = 16,
                    .dense = std::vector<const float*>(kRows, x.data()),
                    .sparse = {},
                    .labels = std::vector<float>(kRows)};
  const auto model = Clusters(1, 16);
  const std::vector<float> centre(16, 1.0F);
  std::vector<float> offsets(16);
  std::vector<double> counts(1);
  const Score score = model->clusters()->AddMembers(centre, batch, offsets, counts);
  const double difference = 1.1F - 1.0F;
  EXPECT_EQ(counts[0], kRows);
  for (const float offset : offsets) EXPECT_NEAR(offset, difference * kRows, 1e-5 * difference * kRows);
  EXPECT_NEAR(score.loss, 16 * difference * difference * kRows, 1e-6 * score.loss);
}

TEST(Kmeans, RefusesWhatItCannotLearn) {
  EXPECT_EQ(MakeModel({"kmeans", {{"k", "0"}}}, {.columns = 3}).error().message,
            "model kmeans: k: '0' is not an integer from 1 to 1e+07");
  EXPECT_FALSE(MakeModel({"kmeans", {}}, {.columns = 0}).ok());
}

}  // namespace
}  // namespace lambdaml
