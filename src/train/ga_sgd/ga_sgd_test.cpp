// SPDX-License-Identifier: Apache-2.0
#include "train/algorithm_conformance.h"

namespace lambdaml {
namespace {

using conformance::Problem;
using conformance::Trace;

void ExpectSameAnswer(const Problem& problem, const Trace& one, const Trace& other) {
  const double loss = problem.Loss(one.parameters);
  EXPECT_NEAR(problem.Loss(other.parameters), loss, 1e-5 * loss);
  ASSERT_EQ(other.rounds.size(), one.rounds.size());
  for (std::size_t i = 0; i < one.rounds.size(); ++i) {
    EXPECT_EQ(other.rounds[i].score.rows, one.rounds[i].score.rows);
    EXPECT_NEAR(other.rounds[i].score.loss, one.rounds[i].score.loss, 1e-5 * one.rounds[i].score.loss);
  }
}

TEST(GaSgd, EveryRankSeesDivergence) { conformance::CheckDivergence({"ga_sgd", {{"batch", "50"}, {"epochs", "4"}}}); }

TEST(GaSgd, Conforms) {
  CheckSgd({"ga_sgd", {{"batch", "50"}, {"epochs", "4"}}}, conformance::Replay::kRecalls, 1e-4);
  CheckSgd({"ga_sgd", {{"batch", "64"}, {"epochs", "3"}, {"schedule", "inverse"}, {"momentum", "0"}}},
           conformance::Replay::kRecalls, 1e-4);
  CheckSgd({"ga_sgd", {{"batch", "150"}, {"epochs", "8"}, {"optimizer", "adam"}, {"learning_rate", "0.05"}}},
           conformance::Replay::kRecalls, 1e-4);
}

// With and without l1, where the answer has exact zeros.
TEST(GaSgd, NumberOfRanksDoesNotChangeTheAnswer) {
  for (const std::string l1 : {"0", "0.03"}) {
    const Problem problem(600, 1, {"logistic", {{"l1", l1}, {"l2", "0.001"}}});
    for (const std::string optimizer : {"sgd", "nesterov", "adagrad", "adam"}) {
      SCOPED_TRACE(optimizer + ", l1 " + l1);
      const Choice choice{"ga_sgd", {{"batch", "50"}, {"epochs", "5"}, {"optimizer", optimizer}}};
      const Trace alone = conformance::Run(problem, {.algorithm = choice}).front();
      for (const int ranks : {2, 4, 7}) {
        ExpectSameAnswer(problem, alone, conformance::Run(problem, {.algorithm = choice, .ranks = ranks}).front());
      }
    }
  }
}

TEST(GaSgd, StepFollowsTheFormula) {
  const Problem problem(30);
  const Choice choice{"ga_sgd",
                      {{"batch", "30"}, {"learning_rate", "0.5"}, {"momentum", "0.5"}, {"schedule", "constant"}}};
  const Trace trace = conformance::Run(problem, {.algorithm = choice, .rounds_max = 2}).front();
  std::vector<float> parameters(problem.model->parameter_count());
  std::vector<float> velocity(parameters.size());
  for (int round = 0; round < 2; ++round) {
    std::vector<float> gradient(parameters.size());
    problem.model->AddGradient(parameters, problem.rows, gradient);
    for (float& g : gradient) g /= 30;
    problem.model->penalty().AddSmoothGradient(parameters, 1, gradient);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      velocity[i] = 0.5F * velocity[i] + gradient[i];
      parameters[i] -= 0.5F * velocity[i];
    }
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) EXPECT_NEAR(trace.parameters[i], parameters[i], 1e-6);
}

// What a filter leaves out is compared in the units of the optimizer, and comes later: it learns all the same.
TEST(GaSgd, LearnsThroughFilters) {
  const Problem problem;
  for (const std::string optimizer : {"sgd", "nesterov", "adagrad", "adam"}) {
    const Choice choice{"ga_sgd", {{"batch", "50"}, {"epochs", "15"}, {"optimizer", optimizer}}};
    const double loss = problem.Loss(conformance::Run(problem, {.algorithm = choice, .ranks = 3}).front().parameters);
    const FilterSettings some{.kind = "top_k", .share = 0.3};
    const FilterSettings significant{.kind = "significance", .threshold = 0.3};
    for (const FilterSettings& filter : {some, significant}) {
      const auto traces = conformance::Run(problem, {.algorithm = choice, .ranks = 3, .filter = filter});
      EXPECT_NEAR(problem.Loss(traces.front().parameters), loss, 0.03 * loss) << optimizer << ", " << filter.kind;
      EXPECT_NE(traces.front().parameters,
                conformance::Run(problem, {.algorithm = choice, .ranks = 3}).front().parameters);
    }
  }
}

// Some ranks have no row in most batches, and the whole job may be less than a batch.
TEST(GaSgd, BatchesSmallerThanTheRanksAndLargerThanTheData) {
  const Problem problem(10);
  for (const std::string batch : {"1", "3", "1000"}) {
    const Choice choice{"ga_sgd", {{"batch", batch}, {"epochs", "3"}}};
    const auto traces = conformance::Run(problem, {.algorithm = choice, .ranks = 4});
    EXPECT_EQ(traces.front().error, "");
    EXPECT_EQ(traces.front().rounds.back().epoch, 3);
    EXPECT_EQ(traces.front().parameters, traces.back().parameters);
  }
}

// Large enough for the next batch to be collected during the call.
TEST(GaSgd, LargeBatchesGiveTheAnswerOfManyRanks) {
  const Problem problem(20'000);
  const Choice choice{"ga_sgd", {{"batch", "10000"}, {"epochs", "3"}}};
  const Trace alone = conformance::Run(problem, {.algorithm = choice}).front();
  const Trace many = conformance::Run(problem, {.algorithm = choice, .ranks = 4}).front();
  ASSERT_EQ(alone.parameters.size(), many.parameters.size());
  for (std::size_t i = 0; i < alone.parameters.size(); ++i) {
    EXPECT_NEAR(alone.parameters[i], many.parameters[i], 1e-5);
  }
}

TEST(GaSgd, SortedRowsDoNoHarm) {
  Problem sorted;
  std::vector<std::size_t> order;
  for (int label = 0; label < 3; ++label) {
    for (std::size_t row = 0; row < sorted.rows.rows(); ++row) {
      if (sorted.rows.labels[row] == static_cast<float>(label)) order.push_back(row);
    }
  }
  Batch rows;
  rows.columns = sorted.rows.columns;
  for (const std::size_t row : order) rows.Append(sorted.rows, row);
  const Choice choice{"ga_sgd", {{"batch", "50"}, {"epochs", "10"}}};
  const double shuffled_loss =
      sorted.Loss(conformance::Run(sorted, {.algorithm = choice, .ranks = 3}).front().parameters);
  sorted.rows = rows;
  const double sorted_loss =
      sorted.Loss(conformance::Run(sorted, {.algorithm = choice, .ranks = 3}).front().parameters);
  EXPECT_NEAR(sorted_loss, shuffled_loss, 0.01 * shuffled_loss);
}

}  // namespace
}  // namespace lambdaml
