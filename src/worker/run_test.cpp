// SPDX-License-Identifier: Apache-2.0
#include "worker/run.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/text.h"
#include "coordination/lease.h"
#include "job/event.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "worker/model_file.h"
#include "worker/predict.h"
#include "worker/testing.h"

namespace lambdaml {
namespace {

using namespace std::chrono_literals;
using RunWorkerTest = testing::WorkersTest;
using testing::Functions;

TEST_F(RunWorkerTest, RanksAgreeAndTheModelIsSaved) {
  spec_.holdout = 0.2;
  const auto results = RunAll();
  for (const auto& result : results) ASSERT_TRUE(result.ok()) << result.error().message;
  const WorkerReport& first = results[0].value();
  EXPECT_EQ(first.ending, Ending::kEpochs);
  EXPECT_EQ(first.curve.size(), 3U);
  ASSERT_TRUE(first.test.has_value());
  EXPECT_EQ(first.train.rows + first.test->rows, 1000);
  EXPECT_GT(first.test->accuracy, 0.9);
  std::int64_t rows = 0;
  for (const auto& result : results) {
    EXPECT_EQ(result.value().train, first.train);
    EXPECT_EQ(result.value().test, first.test);
    EXPECT_GT(result.value().bytes_sent, 0);
    rows += result.value().rows;
  }
  EXPECT_EQ(rows, first.train.rows);
  const Result<TrainedModel> model = ReadModel(ModelBytes(), "model");
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(model.value().classes.size(), 3U);
}

TEST_F(RunWorkerTest, EveryPatternAndEveryChannelGiveTheSameFile) {
  std::optional<std::string> expected;
  for (const char* pattern : {"all_gather", "reduce", "scatter_reduce"}) {
    spec_.pattern = pattern;
    spec_.channel = StrCat("file://", folder_.string(), "/", pattern);
    for (const auto& result : RunAll()) ASSERT_TRUE(result.ok()) << result.error().message;
    const std::string bytes(ModelBytes().text());
    if (!expected) expected = bytes;
    EXPECT_EQ(bytes, *expected) << pattern;
  }
}

TEST_F(RunWorkerTest, TheNumberOfWorkersDoesNotChangeTheAnswer) {
  std::optional<double> expected;
  for (const std::int64_t workers : {1, 2, 3, 7}) {
    spec_.workers = workers;
    const auto results = RunAll();
    for (const auto& result : results) ASSERT_TRUE(result.ok()) << result.error().message;
    const double loss = results[0].value().train.loss;
    if (!expected) expected = loss;
    EXPECT_NEAR(loss, *expected, 1e-5) << workers;
  }
}

// Batches are large enough to be spread over threads.
TEST_F(RunWorkerTest, TheFunctionsMemoryGivesTheCores) {
  Generate({"blobs", {{"rows", "4000"}, {"columns", "70"}, {"classes", "3"}}});
  spec_.workers = 2;
  spec_.algorithm.settings["batch"] = "2000";
  std::optional<double> expected;
  for (const auto& [memory_mb, cores] : {std::pair{1769, "1"}, {1770, "2"}, {10240, "6"}}) {
    spec_.function.memory_mb = memory_mb;
    const auto results = RunAll();
    for (const auto& result : results) ASSERT_TRUE(result.ok()) << result.error().message;
    const double loss = results[0].value().train.loss;
    if (!expected) expected = loss;
    EXPECT_NEAR(loss, *expected, 1e-5 * *expected) << memory_mb;
    const Result<TrainedModel> model = ReadModel(ModelBytes(), "model");
    ASSERT_TRUE(model.ok()) << model.error().message;
    EXPECT_EQ(model.value().notes.at("cores"), cores);
  }
}

TEST_F(RunWorkerTest, TheStopKeyEndsAllRanksTogether) {
  spec_.algorithm.settings["epochs"] = "1000000";
  const auto store = OpenStore(spec_.channel, {.clock = clock_});
  ASSERT_TRUE(Save(*store.value(), Key("jobs/test/1/stop"), {}).ok());
  const auto results = RunAll();
  for (const auto& result : results) {
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(result.value().ending, Ending::kStopped);
    EXPECT_EQ(result.value().rounds, results[0].value().rounds);
  }
}

// Several times, as each function lives for a part of the training alone.
TEST_F(RunWorkerTest, FunctionsThatHandOverGiveTheSameFile) {
  spec_.algorithm.settings["epochs"] = "400";
  spec_.standardise = true;
  for (const auto& result : RunAll()) ASSERT_TRUE(result.ok()) << result.error().message;
  const std::string expected(ModelBytes().text());
  const auto results = RunAll(1500ms);
  for (const auto& result : results) {
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_GT(result.value().incarnations, 1);
    EXPECT_EQ(result.value().rounds, 400 * 16);
  }
  EXPECT_EQ(results[0].value().curve.size(), 400U);
  EXPECT_TRUE(ModelBytes().text() == expected);
  EXPECT_GE(functions_, 8U);
}

TEST_F(RunWorkerTest, ASecondDeliveryEndsWithANote) {
  const auto records = Records();
  attempt_ = 1;
  ASSERT_TRUE(OpenJob(*records, InvocationOf(0)).ok());
  const auto lease = Lease::Take(
      {.store = *records, .clock = clock_, .key = InvocationOf(0).LeaseKey(0), .time = 20s, .holder = "a live twin"});
  ASSERT_TRUE(lease.ok()) << lease.error().message;
  Functions functions(clock_, log_, 60s);
  functions.Start(InvocationOf(0));
  EXPECT_EQ(functions.Await(), 1U);
  ASSERT_EQ(log_.lines().size(), 1U);
  EXPECT_NE(log_.lines()[0].find("a live twin"), std::string::npos) << log_.lines()[0];
}

TEST_F(RunWorkerTest, AFunctionOfAJobThatIsOverDoesNothing) {
  Functions functions(clock_, log_, 60s);
  functions.Start(InvocationOf(0));
  EXPECT_EQ(functions.Await(), 1U);
  EXPECT_TRUE(log_.lines().empty());
  EXPECT_TRUE(ListBelow(*Records(), Key("jobs")).value().empty());
}

TEST_F(RunWorkerTest, LimitsInTimeAndMoneyEndAllRanksTogether) {
  spec_.algorithm.settings["epochs"] = "1000000";
  for (const auto& [path, text, ending] :
       {std::tuple{"stop.seconds", "0.2", Ending::kSeconds}, {"stop.dollars", "1e-6", Ending::kDollars}}) {
    spec_.stop = {};
    ASSERT_TRUE(Set(spec_, path, text).ok());
    const auto results = RunAll();
    for (const auto& result : results) {
      ASSERT_TRUE(result.ok()) << result.error().message;
      EXPECT_EQ(result.value().ending, ending);
      EXPECT_EQ(result.value().rounds, results[0].value().rounds);
    }
  }
}

// At this rate each epoch is worse than the one before, and a later one has no finite loss.
TEST_F(RunWorkerTest, DivergenceEndsAllRanksWithTheBestModelBefore) {
  spec_.holdout = 0.2;
  spec_.model.settings["l2"] = "3";
  spec_.algorithm.settings = {{"epochs", "100"}, {"learning_rate", "1"}, {"momentum", "0"}, {"schedule", "constant"}};
  const auto results = RunAll();
  for (const auto& result : results) {
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(result.value().ending, Ending::kDiverged);
  }
  const WorkerReport& report = results[0].value();
  ASSERT_FALSE(report.curve.empty());
  for (const CurvePoint& point : report.curve) EXPECT_LE(report.test->loss, point.test->loss);
  const Result<TrainedModel> model = ReadModel(ModelBytes(), "model");
  ASSERT_TRUE(model.ok()) << model.error().message;
  for (const float parameter : model.value().parameters) EXPECT_TRUE(std::isfinite(parameter));
}

TEST_F(RunWorkerTest, StandardisedColumnsAreKeptWithTheModel) {
  spec_.standardise = true;
  spec_.holdout = 0.2;
  std::optional<double> expected;
  for (const std::int64_t workers : {1, 3}) {
    spec_.workers = workers;
    const auto results = RunAll();
    for (const auto& result : results) ASSERT_TRUE(result.ok()) << result.error().message;
    if (!expected) expected = results[0].value().train.loss;
    EXPECT_NEAR(results[0].value().train.loss, *expected, 1e-5 * *expected);
  }
  const Result<TrainedModel> model = ReadModel(ModelBytes(), "model");
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(model.value().standardisation.mean.size(), 5U);
  const std::filesystem::path file = ModelFile();
  const Result<Metrics> metrics =
      Evaluate({.model_file = file, .data = spec_.data, .split = "train"}, {.clock = clock_});
  ASSERT_TRUE(metrics.ok()) << metrics.error().message;
  EXPECT_GT(metrics.value().accuracy, 0.9);
}

TEST_F(RunWorkerTest, MoreWorkersThanRowsAreRefused) {
  Generate({"blobs", {{"rows", "6"}, {"columns", "5"}, {"classes", "3"}}});
  spec_.workers = 7;
  for (const auto& result : RunAll()) {
    ASSERT_FALSE(result.ok());
    EXPECT_NE(result.error().message.find("workers: 7 are more than the 6 rows to train on"), std::string::npos);
  }
}

TEST_F(RunWorkerTest, TheLogHoldsTheCurve) {
  for (const auto& result : RunAll()) ASSERT_TRUE(result.ok()) << result.error().message;
  int epochs = 0;
  int ended = 0;
  for (const std::string& line : log_.lines()) {
    const Result<Event> event = ParseEvent(line);
    ASSERT_TRUE(event.ok()) << line;
    epochs += event.value().kind == "epoch" ? 1 : 0;
    ended += event.value().kind == "ended" ? 1 : 0;
  }
  EXPECT_EQ(epochs, 3);
  EXPECT_EQ(ended, 4);
}

TEST_F(RunWorkerTest, AModelCanBeUsedLater) {
  for (const auto& result : RunAll()) ASSERT_TRUE(result.ok()) << result.error().message;
  const std::filesystem::path file = ModelFile();
  const PredictRequest request{.model_file = file, .data = spec_.data, .split = "train"};
  const Result<Metrics> metrics = Evaluate(request, {.clock = clock_});
  ASSERT_TRUE(metrics.ok()) << metrics.error().message;
  const Result<Prediction> prediction = Predict(request, {.clock = clock_});
  ASSERT_TRUE(prediction.ok()) << prediction.error().message;
  EXPECT_EQ(prediction.value().classes.size(), 1000U);
  EXPECT_EQ(metrics.value().rows, 1000);
  EXPECT_GT(metrics.value().accuracy, 0.9);
}

}  // namespace
}  // namespace lambdaml
