// SPDX-License-Identifier: Apache-2.0

// The problems whose optima scikit-learn and liblinear have found (optima.json, made by optima.py), on several ranks.

#include <gtest/gtest.h>

#include <cmath>
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
                      .objective = entry["objective"]});
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

  // The objective that so many ranks reach together.
  double Solve(const Choice& algorithm, int ranks) const {
    std::vector<double> reached(static_cast<std::size_t>(ranks));
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
      reached[static_cast<std::size_t>(peers.rank())] = ObjectiveAt(parameters);
    });
    for (const double objective : reached) EXPECT_EQ(objective, reached[0]);
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
    const double alone = problem.Solve(algorithm, 1);
    for (const int ranks : {2, 4, 7}) {
      EXPECT_NEAR(problem.Solve(algorithm, ranks), alone, kOfRanks * alone) << ranks << " ranks";
    }
  }
};

// One batch is larger than the data, so each round is of all rows.
TEST_P(ReferenceTest, RanksOfGradientDescentAgree) {
  CheckRanksAgree({"ga_sgd", {{"batch", "1000"}, {"epochs", "60"}, {"learning_rate", "0.05"}}});
}

INSTANTIATE_TEST_SUITE_P(All, ReferenceTest, ::testing::ValuesIn(Optima()));

}  // namespace
}  // namespace lambdaml
