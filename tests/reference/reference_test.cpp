// SPDX-License-Identifier: Apache-2.0

// The optima that scikit-learn and liblinear find (optima.json, made by optima.py), reached by every algorithm that
// finds optima, on any number of ranks and in both forms of rows.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>

#include "data/import.h"
#include "data/testing.h"
#include "model/registry.h"
#include "train/registry.h"
#include "train/test_peers.h"

namespace lambdaml {
namespace {

const std::string kFolder = LAMBDAML_SOURCE "/tests/reference/";

struct Optimum {
  std::string data;
  Choice model;
  double objective = 0;
  std::ptrdiff_t zeros = 0;  // weights that are exactly 0 at the optimum

  friend std::ostream& operator<<(std::ostream& out, const Optimum& optimum) {
    out << optimum.model.kind << " on " << optimum.data;
    for (const auto& [key, value] : optimum.model.settings) out << ", " << key << " " << value;
    return out;
  }
};

std::vector<Optimum> Optima() {
  std::ifstream file(kFolder + "optima.json");
  std::vector<Optimum> optima;
  for (const auto& entry : nlohmann::json::parse(file)) {
    optima.push_back({.data = entry["data"],
                      .model = {.kind = entry["model"], .settings = entry["settings"]},
                      .objective = entry["objective"],
                      .zeros = entry["zeros"]});
  }
  return optima;
}

// The problem whose optimum is known.
class Problem {
 public:
  Problem(const Optimum& optimum, const std::string& form) {
    ImportOptions options;
    options.source = kFolder + "data/" + optimum.data + ".libsvm";
    options.form = form;
    options.task = optimum.model.kind == "linear" ? "regression" : "classification";
    manifest_ = ImportDataset(options, files_.Sink(), {}).value();
    model_ = MakeModel(optimum.model, {.columns = manifest_.columns,
                                       .classes = manifest_.classes.size(),
                                       .class_rows = manifest_.class_rows})
                 .value();
    all_ = testing::OpenAll(manifest_, "train", files_);
  }

  const Model& model() const { return *model_; }

  double ObjectiveAt(std::span<const float> parameters) const {
    const Score score = model_->Evaluate(parameters, all_.rows);
    return score.loss / score.rows + model_->penalty().ValueAt(parameters);
  }

  // The parameters that so many ranks reach together.
  std::vector<float> Solve(const Choice& algorithm, int ranks) const {
    std::vector<std::vector<float>> reached(static_cast<std::size_t>(ranks));
    RunRanks(ranks, [&](Communicator& peers) {
      const std::uint64_t total = all_.rows.rows();
      const RowRange range = PartOf(total, peers.rank(), peers.size());
      const Partition own = OpenPartition(manifest_, "train", range, files_.Reader(), Verify::kHeader).value();
      const Task task{.model = *model_, .rows = own.rows, .first_row = range.begin, .total_rows = total};
      std::vector<float> parameters(model_->parameter_count());
      model_->Initialise(parameters, 0);
      const auto solver = MakeAlgorithm(algorithm, task).value();
      for (double epoch = 0; epoch < solver->epochs();) {
        const Round round = solver->Step(peers, parameters, [] { return 0; }).value();
        if (round.converged) break;
        epoch = round.epoch;
      }
      reached[static_cast<std::size_t>(peers.rank())] = parameters;
    });
    for (const auto& parameters : reached) EXPECT_EQ(parameters, reached[0]);
    return reached[0];
  }

 private:
  testing::MemoryFiles files_;
  Manifest manifest_;
  std::unique_ptr<Model> model_;
  Partition all_;
};

constexpr double kOfRanks = 1e-5;  // relative

class ReferenceTest : public ::testing::TestWithParam<Optimum> {
 protected:
  // All ranks see the whole batch in each round, so their number changes nothing but the order of sums.
  void CheckRanksAgree(const Choice& algorithm) {
    const Problem problem(GetParam(), "dense");
    const double alone = problem.ObjectiveAt(problem.Solve(algorithm, 1));
    for (const int ranks : {2, 4, 7}) {
      EXPECT_NEAR(problem.ObjectiveAt(problem.Solve(algorithm, ranks)), alone, kOfRanks * alone) << ranks << " ranks";
    }
  }

  // The optimum is the least value there is, but for the rounding of parameters and sums.
  void CheckReaches(const Choice& algorithm, double tolerance) {
    const double optimum = GetParam().objective;
    const auto check = [&](const std::string& form, std::initializer_list<int> sizes) {
      const Problem problem(GetParam(), form);
      for (const int ranks : sizes) {
        const double reached = problem.ObjectiveAt(problem.Solve(algorithm, ranks));
        EXPECT_LE(reached, optimum * (1 + tolerance)) << form << ", " << ranks << " ranks";
        EXPECT_GE(reached, optimum * (1 - 1e-6)) << form << ", " << ranks << " ranks";
      }
    };
    check("dense", {1, 2, 4, 7});
    check("sparse", {2});
  }
};

// So near that ranks agree to 1e-5 as well.
TEST_P(ReferenceTest, LbfgsReachesTheOptimum) { CheckReaches({"lbfgs", {{"epochs", "2000"}}}, 5e-6); }
TEST_P(ReferenceTest, AdmmReachesTheOptimum) {
  CheckReaches({"admm", {{"epochs", "5000"}, {"eps_rel", "1e-4"}}}, 1e-4);
}
TEST_P(ReferenceTest, WeightsThatL1MakesZeroAreZero) {
  const Problem problem(GetParam(), "dense");
  const std::vector<float> parameters = problem.Solve({"lbfgs", {{"epochs", "2000"}}}, 2);
  const auto weights = std::span(parameters).first(problem.model().penalty().count);
  EXPECT_NEAR(static_cast<double>(std::ranges::count(weights, 0.0F)), static_cast<double>(GetParam().zeros), 1);
}

// One batch is larger than the data, so each round is of all rows.
TEST_P(ReferenceTest, RanksOfGradientDescentAgree) {
  CheckRanksAgree({"ga_sgd", {{"batch", "1000"}, {"epochs", "60"}, {"learning_rate", "0.05"}}});
}

INSTANTIATE_TEST_SUITE_P(All, ReferenceTest, ::testing::ValuesIn(Optima()));

}  // namespace
}  // namespace lambdaml
