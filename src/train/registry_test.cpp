// SPDX-License-Identifier: Apache-2.0
#include "train/registry.h"

#include <gtest/gtest.h>

#include "model/registry.h"

namespace lambdaml {
namespace {

class AlgorithmRegistry : public ::testing::Test {
 protected:
  std::string Refusal(const Choice& choice, std::uint64_t total_rows = 10) {
    const Task task{.model = *model_, .rows = rows_, .total_rows = total_rows};
    const auto made = MakeAlgorithm(choice, task);
    EXPECT_FALSE(made.ok());
    if (made.ok()) return "";
    EXPECT_EQ(made.error().code, Code::kInvalid);
    return made.error().message;
  }

  std::unique_ptr<Model> model_ = MakeModel({"logistic", {}}, {.columns = 1, .classes = 2}).value();
  Batch rows_;
};

TEST_F(AlgorithmRegistry, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(Refusal({"ga_sdg", {}}), "no algorithm 'ga_sdg'; did you mean 'ga_sgd'?");
  EXPECT_EQ(Refusal({"ga_sgd", {{"epoch", "3"}}}), "algorithm ga_sgd has no setting 'epoch'; did you mean 'epochs'?");
  EXPECT_EQ(Refusal({"ma_sgd", {{"batch", "0"}}}), "algorithm ma_sgd: batch: '0' is not an integer from 1 to 1e+12");
  EXPECT_NE(Refusal({"ga_sgd", {{"schedule", "linear"}}}).find("constant, inverse, step, cosine"), std::string::npos);
  EXPECT_NE(Refusal({"ga_sgd", {}}, 0).find("no rows to train on"), std::string::npos);
}

TEST_F(AlgorithmRegistry, ListsSettings) {
  for (const AlgorithmKind& kind : AlgorithmKinds()) {
    EXPECT_FALSE(kind.summary.empty());
    EXPECT_FALSE(kind.settings().empty());
  }
}

TEST_F(AlgorithmRegistry, MakesAlgorithmsWithoutRowsOfTheirOwn) {
  for (const AlgorithmKind& kind : AlgorithmKinds()) {
    if (kind.name == "em") continue;  // does not train this model
    const Task task{.model = *model_, .rows = rows_, .total_rows = 10};
    EXPECT_TRUE(MakeAlgorithm({std::string(kind.name), {{"epochs", "7"}}}, task).ok());
  }
}

}  // namespace
}  // namespace lambdaml
