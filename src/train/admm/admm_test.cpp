// SPDX-License-Identifier: Apache-2.0
#include "train/admm/admm.h"

#include <cmath>
#include <limits>

#include "train/algorithm_conformance.h"
#include "train/test_optimum.h"

namespace lambdaml {
namespace {

using conformance::Course;
using conformance::DoubleProblem;
using conformance::Problem;
using conformance::RowLoss;
using conformance::Trace;

const Choice kAdmm{"admm", {}};

TEST(Admm, Conforms) {
  CheckAlgorithm(kAdmm, conformance::Replay::kComputes);
  CheckAlgorithm({"admm", {{"solver", "sgd"}, {"batch", "60"}, {"local_epochs", "3"}, {"epochs", "20"}}},
                 conformance::Replay::kComputes);
  CheckAlgorithm({"admm", {{"rho", "10"}, {"eps_rel", "0"}, {"eps_abs", "0"}, {"epochs", "60"}}},
                 conformance::Replay::kComputes);
}

double ExactLoss(const Problem& problem, RowLoss loss, std::span<const float> parameters) {
  const DoubleProblem exact(problem.rows, 3, loss, problem.model->penalty());
  return exact.Value({parameters.begin(), parameters.end()});
}

std::map<std::string, double> MeasuresOf(const Round& round) { return {round.measures.begin(), round.measures.end()}; }

TEST(Admm, ReachesTheMinimumWhateverTheNumberOfRanks) {
  const std::vector<std::pair<std::string, std::string>> penalties{
      {"0", "1e-3"}, {"0", "1e-6"}, {"0.02", "0"}, {"0.005", "0.01"}};
  for (const auto& [l1, l2] : penalties) {
    const Problem problem(600, 1, {"logistic", {{"l1", l1}, {"l2", l2}}});
    const double minimum = DoubleProblem(problem.rows, 3, RowLoss::kSoftmax, problem.model->penalty()).Minimum();
    for (const int ranks : {1, 2, 4, 7}) {
      SCOPED_TRACE(::testing::Message() << ranks << " ranks, l1 " << l1 << ", l2 " << l2);
      const Trace trace = conformance::Run(problem, {.algorithm = kAdmm, .ranks = ranks}).front();
      EXPECT_TRUE(trace.rounds.back().converged);
      EXPECT_NEAR(ExactLoss(problem, RowLoss::kSoftmax, trace.parameters), minimum, 1e-6 * minimum);
      EXPECT_NEAR(
          ExactLoss(problem, RowLoss::kSoftmax, trace.history[std::min<std::size_t>(trace.history.size(), 15) - 1]),
          minimum, 1e-4 * minimum);
    }
  }
}

// The duals are lost, so nothing is known of the residuals in the next round; the minimum is the same.
TEST(Admm, ReachesTheMinimumWithOthersThanItBegan) {
  const Problem problem(600, 1, {"logistic", {{"l2", "1e-3"}}});
  const double minimum = DoubleProblem(problem.rows, 3, RowLoss::kSoftmax, problem.model->penalty()).Minimum();
  Course course{.algorithm = kAdmm, .ranks = 4, .rounds_max = 8};
  const Trace begun = conformance::Run(problem, course).front();
  course = {.algorithm = kAdmm, .ranks = 3, .continues = &begun};
  const Trace ended = conformance::Run(problem, course).front();
  EXPECT_TRUE(MeasuresOf(begun.rounds.back()).contains("primal"));
  EXPECT_FALSE(MeasuresOf(ended.rounds[0]).contains("primal"));
  EXPECT_TRUE(MeasuresOf(ended.rounds[1]).contains("primal"));
  EXPECT_TRUE(ended.rounds.back().converged);
  EXPECT_NEAR(ExactLoss(problem, RowLoss::kSoftmax, ended.parameters), minimum, 1e-6 * minimum);
}

TEST(Admm, ReachesTheMinimumOfTheSquaredHinge) {
  const Problem problem(600, 1, {"svm", {{"loss", "squared_hinge"}, {"l1", "0.005"}, {"l2", "0.001"}}});
  const double minimum = DoubleProblem(problem.rows, 3, RowLoss::kSquaredHinge, problem.model->penalty()).Minimum();
  const Trace trace = conformance::Run(problem, {.algorithm = kAdmm, .ranks = 3}).front();
  EXPECT_TRUE(trace.rounds.back().converged);
  EXPECT_NEAR(ExactLoss(problem, RowLoss::kSquaredHinge, trace.parameters), minimum, 1e-6 * minimum);
}

// Steps that do not see the whole gradient come near the minimum only; kinks do not stop them.
TEST(Admm, LocalSolverOfStochasticSteps) {
  const Choice choice{"admm", {{"solver", "sgd"}, {"batch", "60"}, {"epochs", "200"}, {"momentum", "0.5"}}};
  const Problem smooth(600, 1, {"logistic", {{"l1", "0.005"}, {"l2", "0.01"}}});
  const double minimum = DoubleProblem(smooth.rows, 3, RowLoss::kSoftmax, smooth.model->penalty()).Minimum();
  const Trace trace = conformance::Run(smooth, {.algorithm = choice, .ranks = 4}).front();
  EXPECT_NEAR(ExactLoss(smooth, RowLoss::kSoftmax, trace.parameters), minimum, 1e-3 * minimum);

  const Problem kinks(600, 1, {"svm", {{"l2", "0.01"}}});
  const double exact = kinks.Loss(
      conformance::Run(kinks, {.algorithm = {"ga_sgd", {{"batch", "60"}, {"epochs", "300"}}}}).front().parameters);
  EXPECT_NEAR(kinks.Loss(conformance::Run(kinks, {.algorithm = choice, .ranks = 4}).front().parameters), exact,
              5e-3 * exact);
}

// The first two rounds in double precision: a quadratic loss has minimisers in closed form. One column, one weight and
// a bias that the data makes 0.
TEST(Admm, RoundsFollowTheFormula) {
  constexpr double kRho = 0.5, kRelaxation = 1.6, kL1 = 0.1, kL2 = 0.2;
  const std::vector<float> columns{1, -1, 2, -2, 1, -1, 3, -3};
  const std::vector<double> slopes{3, 1};  // of the labels, on the rows of each rank
  const auto model = MakeModel({"linear", {{"l1", "0.1"}, {"l2", "0.2"}}}, {.columns = 1, .classes = 0}).value();
  std::vector<std::vector<float>> history(2);
  RunRanks(2, [&](Communicator& peers) {
    const auto rank = static_cast<std::size_t>(peers.rank());
    Batch rows;
    rows.columns = 1;
    for (std::size_t i = 4 * rank; i < 4 * rank + 4; ++i) {
      rows.dense.push_back(&columns[i]);
      rows.labels.push_back(static_cast<float>(slopes[rank]) * columns[i]);
    }
    const Task task{.model = *model, .rows = rows, .first_row = 4 * rank, .total_rows = 8};
    const auto admm =
        MakeAlgorithm({"admm", {{"rho", "0.5"}, {"local_epochs", "100"}, {"adapt_rho", "false"}}}, task).value();
    std::vector<float> parameters(2);
    for (std::vector<float>& after : history) {
      ASSERT_TRUE(admm->Step(peers, parameters, [] { return 0; }).ok());
      peers.Barrier().value();
      if (rank == 0) after = parameters;
    }
  });
  // f_i(x) = 1/16 h_i (x - slope_i)^2 with h_i the sum of the squared columns.
  std::vector<double> squares{10, 20};
  std::vector<double> dual(2);
  constexpr double kOfRow = 0.5 / 8;  // least squares: half the square, of 8 rows
  double z = 0;
  for (const std::vector<float>& after : history) {
    std::vector<double> x(2);
    for (std::size_t i = 0; i < 2; ++i) {
      const double bent = 2 * kOfRow * squares[i];
      x[i] = (bent * slopes[i] + kRho / 2 * (z - dual[i])) / (bent + kRho / 2);
      x[i] = kRelaxation * x[i] + (1 - kRelaxation) * z;
    }
    z = SoftThreshold((x[0] + dual[0] + x[1] + dual[1]) / 2, kL1 / kRho) / (1 + kL2 / kRho);
    for (std::size_t i = 0; i < 2; ++i) dual[i] += x[i] - z;
    EXPECT_NEAR(after[0], z, 1e-2 * std::abs(z));
    EXPECT_NEAR(after[1], 0, 1e-3);
  }
}

TEST(Admm, MeasuresComeARoundLate) {
  const Problem problem;
  const Choice choice{"admm", {{"rho", "5"}}};
  const Trace trace = conformance::Run(problem, {.algorithm = choice, .ranks = 3}).back();
  EXPECT_EQ(MeasuresOf(trace.rounds[0]).count("primal"), 0U);
  for (std::size_t i = 1; i < trace.rounds.size(); ++i) {
    const auto measures = MeasuresOf(trace.rounds[i]);
    // The dual residual of the round before, from what every rank knows.
    double moved = 0;
    for (std::size_t k = 0; k < trace.parameters.size(); ++k) {
      const double before = i > 1 ? trace.history[i - 2][k] : 0;
      moved += (trace.history[i - 1][k] - before) * (trace.history[i - 1][k] - before);
    }
    const double rho = MeasuresOf(trace.rounds[i - 1]).at("rho");
    EXPECT_NEAR(measures.at("dual"), rho * std::sqrt(moved / 3), 1e-4 * measures.at("dual"));
    EXPECT_GT(measures.at("primal"), 0);
    EXPECT_GT(trace.rounds[i].epoch, trace.rounds[i - 1].epoch);
  }
  EXPECT_LT(MeasuresOf(trace.rounds.back()).at("rho"), 5);  // too large: it has been halved
}

// More ranks than rows: some have nothing to minimise.
TEST(Admm, RanksWithoutRows) {
  const Problem problem(5, 1, {"logistic", {{"l2", "0.1"}}});
  const double minimum = DoubleProblem(problem.rows, 3, RowLoss::kSoftmax, problem.model->penalty()).Minimum();
  for (const std::string solver : {"lbfgs", "sgd"}) {
    const Choice choice{"admm", {{"solver", solver}, {"batch", "5"}, {"epochs", "2000"}}};
    const Trace trace = conformance::Run(problem, {.algorithm = choice, .ranks = 7}).front();
    EXPECT_EQ(trace.error, "");
    EXPECT_NEAR(problem.Loss(trace.parameters), minimum, 1e-3 * minimum) << solver;
  }
}

TEST(Admm, SaysThatTheLossIsNotFinite) {
  Problem broken(100);
  broken.values[7] = std::numeric_limits<float>::quiet_NaN();
  for (const std::string solver : {"lbfgs", "sgd"}) {
    const Choice choice{"admm", {{"solver", solver}}};
    for (const Trace& trace : conformance::Run(broken, {.algorithm = choice, .ranks = 3})) {
      ASSERT_EQ(trace.rounds.size(), 1U);
      EXPECT_FALSE(std::isfinite(trace.rounds.back().score.loss));
    }
  }
}

TEST(Admm, RefusesWhatItCannotDo) {
  const Problem problem(10);
  EXPECT_NE(conformance::Refusal(Problem(10, 1, {"svm", {}}), kAdmm, 0, {}).find("solver: sgd"), std::string::npos);
  EXPECT_NE(conformance::Refusal(problem, kAdmm, 2, {}).find("sync: bsp"), std::string::npos);
  EXPECT_NE(conformance::Refusal(problem, kAdmm, 0, {.kind = "significance"}).find("filter: none"), std::string::npos);
  EXPECT_NE(conformance::Refusal(problem, {"admm", {{"weight_decay", "0.1"}}}, 0, {}).find("l2 of the model"),
            std::string::npos);
}

}  // namespace
}  // namespace lambdaml
