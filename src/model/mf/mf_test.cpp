// SPDX-License-Identifier: Apache-2.0
#include "model/mf/mf.h"

#include <numeric>

#include "model/model_conformance.h"

namespace lambdaml {
namespace {

constexpr std::size_t kUsers = 30;
constexpr std::size_t kItems = 20;
constexpr std::size_t kColumns = kUsers + kItems;
constexpr std::size_t kRatings = 400;
constexpr float kOnes[] = {1, 1};

// Ratings about 3.5 that follow from biases and one hidden factor.
struct Ratings {
  Ratings() {
    Random random(5, 0);
    std::vector<double> hidden(2 * kColumns);
    for (double& x : hidden) x = 2 * random.Uniform() - 1;
    rows.columns = kColumns;
    index.reserve(2 * kRatings);
    for (std::size_t i = 0; i < kRatings; ++i) {
      const std::size_t user = random.Below(kUsers);
      const std::size_t item = kUsers + random.Below(kItems);
      index.push_back(static_cast<std::uint32_t>(user));
      index.push_back(static_cast<std::uint32_t>(item));
      rows.sparse.push_back({index.data() + index.size() - 2, kOnes, 2});
      const double product = hidden[kColumns + user] * hidden[kColumns + item];
      rows.labels.push_back(static_cast<float>(3.5 + hidden[user] + hidden[item] + product));
    }
  }

  std::vector<std::uint32_t> index;
  Batch rows;
};

std::unique_ptr<Model> Make(const Choice& choice) { return MakeModel(choice, {.columns = kColumns}).value(); }

double MeanSquare(const Model& model, std::span<const float> parameters, const Batch& rows) {
  const Score score = model.Evaluate(parameters, rows);
  return score.squares / score.rows;
}

TEST(Mf, Conforms) {
  CheckModelOfPairs({"mf", {{"factors", "1"}}});
  CheckModelOfPairs({"mf", {{"factors", "7"}, {"l2", "0.1"}}});
  CheckModelOfPairs({"mf", {{"l2", "0.1"}}});
}

// Two columns: the scale is 2^(1/4), and its square the root of 2.
TEST(Mf, PredictsTheSumOfOffsetBiasesAndProduct) {
  const auto model = MakeModel({"mf", {{"factors", "2"}}}, {.columns = 2}).value();
  const std::vector<float> parameters = {1, 2, 3, 4, 0.5, 0.25, 3};
  const std::uint32_t index[] = {0, 1};
  const Batch row{.columns = 2, .dense = {}, .sparse = {{index, kOnes, 2}}, .labels = {20}};
  float prediction = 0;
  model->Predict(parameters, row, {&prediction, 1});
  const double expected = 3 + std::pow(2, 0.25) * 0.75 + std::sqrt(2) * 11;
  EXPECT_NEAR(prediction, expected, 1e-5);
  const Score score = model->Evaluate(parameters, row);
  EXPECT_NEAR(score.loss, std::pow(expected - 20, 2) / 2, 1e-4);
  EXPECT_NEAR(score.squares, std::pow(expected - 20, 2), 1e-4);
}

TEST(Mf, PenaltyIsThatOfAnAverageRow) {
  const auto model = Make({"mf", {{"factors", "1"}, {"l2", "0.5"}}});
  std::vector<float> parameters(model->parameter_count(), 0);
  parameters[3] = 2;                                             // a factor of column 3
  parameters[kColumns + 7] = 1;                                  // the bias of column 7
  parameters[2 * kColumns] = 1000;                               // mu
  const double squares = std::sqrt(double{kColumns}) * (4 + 1);  // of the factor and the bias themselves
  EXPECT_NEAR(model->penalty().ValueAt(parameters), 0.5 / 2 * squares * 2 / kColumns, 1e-9);
}

TEST(Mf, StartsWithSmallFactorsThatFollowTheSeed) {
  const auto model = Make({"mf", {{"factors", "64"}}});
  std::vector<float> one(model->parameter_count());
  std::vector<float> two(model->parameter_count());
  model->Initialise(one, 1);
  model->Initialise(two, 2);
  EXPECT_NE(one, two);
  const auto factors = std::span(one).first(kColumns * 64);
  const double mean = std::accumulate(factors.begin(), factors.end(), 0.0) / static_cast<double>(factors.size());
  double squares = 0;
  for (const double factor : factors) squares += factor * factor;
  const double spread = std::sqrt(squares / static_cast<double>(factors.size())) * std::pow(kColumns, 0.25);
  EXPECT_NEAR(spread, 0.1 / 8, 0.1 / 8 * 0.05);
  EXPECT_NEAR(mean, 0, 0.0005);
  for (const float rest : std::span(one).subspan(factors.size())) EXPECT_EQ(rest, 0);
}

// Plain descent with one learning rate finds offset, biases and factors.
TEST(Mf, LearnsByOneLearningRate) {
  const Ratings ratings;
  const auto model = Make({"mf", {{"factors", "3"}}});
  std::vector<float> parameters(model->parameter_count());
  model->Initialise(parameters, 1);
  for (int round = 0; round < 1500; ++round) {
    const conformance::Pass pass = conformance::Run(*model, parameters, ratings.rows);
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] -= 0.5F / kRatings * pass.gradient[i];
  }
  EXPECT_LT(std::sqrt(MeanSquare(*model, parameters, ratings.rows)), 0.05);
}

TEST(Mf, RefusesRowsThatAreNoPairs) {
  const auto model = MakeModel({"mf", {}}, {.columns = 4}).value();
  std::vector<float> parameters(model->parameter_count(), 1);
  const std::uint32_t index[] = {0, 1, 2};
  const float values[] = {1, 1, 2};
  const float dense[] = {1, 0, 1, 0};
  const Batch cases[] = {
      {.columns = 4, .dense = {}, .sparse = {{index, values, 2}, {index, values, 3}}, .labels = {1, 1}},
      {.columns = 4, .dense = {}, .sparse = {{index, values, 2}, {index, values, 0}}, .labels = {1, 1}},
      {.columns = 4, .dense = {}, .sparse = {{index, values, 2}, {index + 1, values + 1, 2}}, .labels = {1, 1}},
      {.columns = 4, .dense = {dense, dense}, .sparse = {}, .labels = {1, 1}}};
  for (const Batch& rows : cases) {
    const auto checked = model->Check(rows);
    ASSERT_FALSE(checked.ok());
    EXPECT_EQ(checked.error().code, Code::kInvalid);
    EXPECT_NE(checked.error().message.find("a row must be a user and an item, but "), std::string::npos);
    EXPECT_TRUE(std::isnan(conformance::Run(*model, parameters, rows).score.loss));
    float predictions[2] = {};
    model->Predict(parameters, rows, predictions);
    EXPECT_TRUE(std::isnan(predictions[1]));
  }
}

}  // namespace
}  // namespace lambdaml
