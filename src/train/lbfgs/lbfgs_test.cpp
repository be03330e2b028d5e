// SPDX-License-Identifier: Apache-2.0
#include "train/algorithm_conformance.h"
#include "train/test_optimum.h"

namespace lambdaml {
namespace {

using conformance::DoubleProblem;
using conformance::Problem;
using conformance::RowLoss;
using conformance::Trace;

const Choice kLbfgs{"lbfgs", {}};

TEST(Lbfgs, Conforms) {
  CheckAlgorithm(kLbfgs, conformance::Replay::kRecalls);
  CheckAlgorithm({"lbfgs", {{"memory", "2"}, {"tolerance", "0"}, {"epochs", "12"}}}, conformance::Replay::kRecalls);
}

// A voter measures rounds by how often it is asked, and a vote that comes in the first pass of a long round counts.
TEST(Lbfgs, AsksForAVoteOnceARound) {
  const Problem problem;
  const Task task{.model = *problem.model, .rows = problem.rows, .total_rows = problem.rows.rows()};
  RunRanks(1, [&](Communicator& peers) {
    const auto algorithm = MakeAlgorithm(kLbfgs, task).value();
    std::vector<float> parameters(problem.model->parameter_count());
    double passes = 0;
    for (std::int64_t round = 1; round <= 5; ++round) {
      std::int64_t asked = 0;
      const Result<Round> done = algorithm->Step(peers, parameters, [&asked] { return ++asked; });
      ASSERT_TRUE(done.ok());
      EXPECT_EQ(asked, 1);
      EXPECT_EQ(done.value().votes, 1);
      passes = done.value().epoch;
    }
    EXPECT_GT(passes, 5);
  });
}

double MinimumOf(const Problem& problem, RowLoss loss) {
  return DoubleProblem(problem.rows, 3, loss, problem.model->penalty()).Minimum();
}

// The objective in double precision.
double ExactLoss(const Problem& problem, RowLoss loss, std::span<const float> parameters) {
  const DoubleProblem exact(problem.rows, 3, loss, problem.model->penalty());
  return exact.Value({parameters.begin(), parameters.end()});
}

struct Penalised {
  std::string l1;
  std::string l2;
};

const std::vector<Penalised> kPenalties{{"0", "1e-3"}, {"0", "1e-6"}, {"0.02", "0"}, {"0.005", "0.01"}};

TEST(Lbfgs, ReachesTheMinimumWhateverTheNumberOfRanks) {
  for (const auto& [l1, l2] : kPenalties) {
    const Problem problem(600, 1, {"logistic", {{"l1", l1}, {"l2", l2}}});
    const double minimum = MinimumOf(problem, RowLoss::kSoftmax);
    for (const int ranks : {1, 2, 4, 7}) {
      SCOPED_TRACE(::testing::Message() << ranks << " ranks, l1 " << l1 << ", l2 " << l2);
      const Trace trace = conformance::Run(problem, {.algorithm = kLbfgs, .ranks = ranks}).front();
      EXPECT_TRUE(trace.rounds.back().converged);
      EXPECT_LT(trace.rounds.back().epoch, 40);
      EXPECT_NEAR(ExactLoss(problem, RowLoss::kSoftmax, trace.parameters), minimum, 1e-6 * minimum);
    }
  }
}

TEST(Lbfgs, ReachesTheMinimumOfTheSquaredHinge) {
  for (const auto& [l1, l2] : kPenalties) {
    SCOPED_TRACE(l1 + " " + l2);
    const Problem problem(600, 1, {"svm", {{"loss", "squared_hinge"}, {"l1", l1}, {"l2", l2}}});
    const double minimum = MinimumOf(problem, RowLoss::kSquaredHinge);
    const Trace trace = conformance::Run(problem, {.algorithm = kLbfgs, .ranks = 3}).front();
    EXPECT_TRUE(trace.rounds.back().converged);
    EXPECT_NEAR(ExactLoss(problem, RowLoss::kSquaredHinge, trace.parameters), minimum, 1e-6 * minimum);
  }
}

TEST(Lbfgs, L1MakesExactZeros) {
  const Problem problem(600, 1, {"logistic", {{"l1", "0.1"}}});
  const Trace trace = conformance::Run(problem, {.algorithm = kLbfgs, .ranks = 2}).front();
  const auto weights = std::span(trace.parameters).first(problem.model->penalty().count);
  EXPECT_GT(std::ranges::count(weights, 0.0F), 5);
  EXPECT_LT(std::ranges::count(weights, 0.0F), 18);
}

// Without a tolerance it ends when float gradients cannot tell any more, long before the last pass.
TEST(Lbfgs, EndsWhereFloatGradientsEnd) {
  for (const auto& [l1, l2] : kPenalties) {
    SCOPED_TRACE(l1 + " " + l2);
    const Problem problem(600, 1, {"logistic", {{"l1", l1}, {"l2", l2}}});
    const Choice choice{"lbfgs", {{"tolerance", "0"}, {"epochs", "1000"}}};
    const Trace trace = conformance::Run(problem, {.algorithm = choice, .ranks = 2}).front();
    EXPECT_TRUE(trace.rounds.back().converged);
    EXPECT_LT(trace.rounds.back().epoch, 120);
  }
}

TEST(Lbfgs, ScaleOfTheDataDoesNotMatter) {
  const double minimum = MinimumOf(Problem(600, 1, {"logistic", {}}), RowLoss::kSoftmax);
  for (const float scale : {1e-2F, 1e2F}) {
    const Problem problem(600, scale, {"logistic", {}});
    const Trace trace = conformance::Run(problem, {.algorithm = kLbfgs}).front();
    EXPECT_NEAR(problem.Loss(trace.parameters), minimum, 1e-5 * minimum) << scale;
  }
}

TEST(Lbfgs, RoundsTellWhatTheyDid) {
  const Problem problem;
  const Trace trace = conformance::Run(problem, {.algorithm = kLbfgs, .ranks = 2}).front();
  double evaluations = 0;
  for (std::size_t i = 0; i < trace.rounds.size(); ++i) {
    const Round& round = trace.rounds[i];
    const std::map<std::string, double> measures(round.measures.begin(), round.measures.end());
    evaluations += measures.at("evaluations");
    EXPECT_EQ(round.epoch, evaluations);
    EXPECT_TRUE(round.epoch_ended);
    EXPECT_GT(measures.at("gradient_norm"), 0);
    const double loss = round.score.loss / round.score.rows + problem.model->penalty().ValueAt(trace.history[i]);
    EXPECT_NEAR(loss, problem.Loss(trace.history[i]), 1e-6 * loss);
  }
  EXPECT_LT(trace.rounds.back().measures[0].second, 1e-4 * trace.rounds.front().measures[0].second);
}

TEST(Lbfgs, EndsAfterItsEpochs) {
  const Problem problem;
  const Choice choice{"lbfgs", {{"epochs", "6"}}};
  const Trace trace = conformance::Run(problem, {.algorithm = choice}).front();
  EXPECT_FALSE(trace.rounds.back().converged);
  EXPECT_GE(trace.rounds.back().epoch, 6);
  EXPECT_LT(trace.rounds[trace.rounds.size() - 2].epoch, 6);
}

TEST(Lbfgs, SaysThatTheLossIsNotFinite) {
  Problem broken(100);
  broken.values[7] = std::numeric_limits<float>::quiet_NaN();
  const auto traces = conformance::Run(broken, {.algorithm = kLbfgs, .ranks = 3});
  for (const Trace& trace : traces) {
    ASSERT_EQ(trace.rounds.size(), 1U);
    EXPECT_FALSE(std::isfinite(trace.rounds.back().score.loss));
    EXPECT_FALSE(trace.rounds.back().converged);
  }
}

TEST(Lbfgs, RefusesWhatItCannotMinimise) {
  EXPECT_NE(conformance::Refusal(Problem(10, 1, {"svm", {}}), kLbfgs, 0, {}).find("loss: squared_hinge"),
            std::string::npos);
  EXPECT_NE(conformance::Refusal(Problem(10), kLbfgs, 2, {}).find("sync: bsp"), std::string::npos);
  EXPECT_NE(conformance::Refusal(Problem(10), kLbfgs, 0, {.kind = "top_k"}).find("filter: none"), std::string::npos);
}

}  // namespace
}  // namespace lambdaml
