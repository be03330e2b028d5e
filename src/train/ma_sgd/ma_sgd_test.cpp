// SPDX-License-Identifier: Apache-2.0
#include "train/algorithm_conformance.h"

namespace lambdaml {
namespace {

using conformance::Problem;
using conformance::Trace;

TEST(MaSgd, EveryRankSeesDivergence) { conformance::CheckDivergence({"ma_sgd", {{"batch", "50"}, {"epochs", "4"}}}); }

TEST(MaSgd, Conforms) {
  CheckSgd({"ma_sgd", {{"batch", "50"}, {"epochs", "4"}}}, conformance::Replay::kComputes);
  CheckSgd({"ma_sgd", {{"batch", "50"}, {"epochs", "3"}, {"local_steps", "5"}}}, conformance::Replay::kComputes);
  CheckSgd({"ma_sgd", {{"batch", "50"}, {"epochs", "3"}, {"local_steps", "5"}, {"optimizer", "nesterov"}}},
           conformance::Replay::kComputes);
}

// Rounds grow shorter as the loss falls, by the formula, and a restart does not forget where they were.
TEST(MaSgd, StepsBetweenAveragesFollowTheLoss) {
  const Problem problem;  // 12 batches an epoch
  const Choice choice{"ma_sgd",
                      {{"batch", "50"}, {"epochs", "8"}, {"local_steps", "6"}, {"adapt", "loss"}, {"momentum", "0"}}};
  conformance::Course course{.algorithm = choice, .ranks = 3};
  const Trace trace = conformance::Run(problem, course).back();
  const double first = trace.rounds.front().score.loss / trace.rounds.front().score.rows;
  Score epoch;
  double batches = 0;
  double steps = 6;
  for (const Round& round : trace.rounds) {
    const double end = round.epoch * 12;
    EXPECT_NEAR(end - batches, round.epoch_ended ? std::min(steps, end - batches) : steps, 1e-9);
    batches = end;
    epoch.Add(round.score);
    if (!round.epoch_ended) continue;
    steps = std::ceil(std::sqrt(epoch.loss / epoch.rows / first) * 6);
    epoch = {};
    ASSERT_EQ(round.measures.size(), 1U);
    EXPECT_EQ(round.measures[0], (std::pair<std::string, double>("local_steps", steps)));
  }
  EXPECT_LT(steps, 6);
  course.restart_after = 7;
  EXPECT_EQ(conformance::Run(problem, course).back().parameters, trace.parameters);
}

TEST(MaSgd, RefusesToAdaptWhereRanksDoNotWaitForEachOther) {
  const Problem problem(10);
  const Task task{.model = *problem.model, .rows = problem.rows, .total_rows = 10, .staleness = 2};
  const auto made = MakeAlgorithm({"ma_sgd", {{"adapt", "loss"}}}, task);
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message.find("choose sync: bsp"), std::string::npos);
}

TEST(MaSgd, RoundsEndWithTheEpoch) {
  const Problem problem;  // 12 batches an epoch
  const Choice choice{"ma_sgd", {{"batch", "50"}, {"epochs", "2"}, {"local_steps", "5"}}};
  const Trace trace = conformance::Run(problem, {.algorithm = choice, .ranks = 2}).front();
  std::vector<bool> ended;
  for (const Round& round : trace.rounds) ended.push_back(round.epoch_ended);
  EXPECT_EQ(ended, (std::vector<bool>{false, false, true, false, false, true}));
  EXPECT_EQ(conformance::Run(problem, {.algorithm = {"ma_sgd", {{"batch", "50"}, {"epochs", "2"}}}, .ranks = 2})
                .front()
                .rounds.size(),
            2U);
}

TEST(MaSgd, OneRankIsPlainSgd) {
  const Problem problem;
  const std::map<std::string, std::string> settings{{"batch", "50"}, {"epochs", "3"}};
  const Trace average = conformance::Run(problem, {.algorithm = {"ma_sgd", settings}}).front();
  const Trace plain = conformance::Run(problem, {.algorithm = {"ga_sgd", settings}}).front();
  for (std::size_t i = 0; i < plain.parameters.size(); ++i) {
    EXPECT_NEAR(average.parameters[i], plain.parameters[i], 1e-5);
  }
}

// With one step and no momentum, the average of models weighted by rows is the step of the averaged gradient.
TEST(MaSgd, AverageIsWeightedByRows) {
  Problem problem(31);
  problem.model = MakeModel({"logistic", {}}, {.columns = Problem::kColumns, .classes = 3}).value();
  std::map<std::string, std::string> settings{{"batch", "31"}, {"epochs", "1"}, {"momentum", "0"}};
  const Trace plain = conformance::Run(problem, {.algorithm = {"ga_sgd", settings}, .ranks = 3}).front();
  settings["local_steps"] = "1";
  const Trace average = conformance::Run(problem, {.algorithm = {"ma_sgd", settings}, .ranks = 3}).front();
  for (std::size_t i = 0; i < plain.parameters.size(); ++i) {
    EXPECT_NEAR(average.parameters[i], plain.parameters[i], 1e-6);
  }
}

TEST(MaSgd, BatchesSmallerThanTheRanks) {
  const Problem problem(10);
  const Choice choice{"ma_sgd", {{"batch", "1"}, {"epochs", "3"}, {"local_steps", "1"}}};
  const auto traces = conformance::Run(problem, {.algorithm = choice, .ranks = 4});
  EXPECT_EQ(traces.front().error, "");
  EXPECT_EQ(traces.front().parameters, traces.back().parameters);
}

}  // namespace
}  // namespace lambdaml
