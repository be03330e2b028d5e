// SPDX-License-Identifier: Apache-2.0

// Real data: 70,000 images of Fashion-MNIST, and the descriptions of Debian's packages. The figures to reach are those
// of scikit-learn's optimum on the same data, with a margin for stochastic training.

#include <gtest/gtest.h>

#include <cstdlib>

#include "program.h"

namespace lambdaml::e2e {
namespace {

constexpr std::string_view kFashion = R"(name: fashion
data: fashion
model: {kind: logistic, l2: 1.0e-5}
algorithm: {kind: ga_sgd, learning_rate: 0.1, batch: 512, epochs: 20}
channel: channel
output: out
)";

constexpr std::string_view kText = R"(name: text
data: text
model: {kind: logistic, l2: 2.0e-5}
algorithm: {kind: ga_sgd, learning_rate: 12, batch: 512, epochs: 15}
channel: channel
output: out
)";

class FashionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Ran ran = home_.Run({"data", "import", "/usr/share/datasets/fashion-mnist", "fashion"});
    ASSERT_EQ(ran.exit, 0) << ran.err;
    WriteText(home_ / "fashion.yaml", kFashion);
  }

  nlohmann::json Train(const std::vector<std::string>& changes) {
    std::vector<std::string> words{"train", "fashion.yaml"};
    words.insert(words.end(), changes.begin(), changes.end());
    const Ran ran = home_.Run(words);
    EXPECT_EQ(ran.exit, 0) << ran.err;
    return home_.Report();
  }

  Home home_;
};

TEST_F(FashionTest, FourWorkersReachTheOptimum) {
  const auto report = Train({});
  EXPECT_EQ(report["status"], "done");
  EXPECT_EQ(report["test"]["rows"], 10000);
  EXPECT_GE(report["test"]["accuracy"], 0.835);
  EXPECT_LE(report["test"]["loss"], 0.47);
}

TEST_F(FashionTest, AnyNumberOfWorkersGivesTheSameLoss) {
  const double expected = Train({"--workers", "4"})["test"]["loss"];
  for (const std::string workers : {"1", "2", "3", "7"}) {
    EXPECT_NEAR(Train({"--workers", workers})["test"]["loss"], expected, 1e-4) << workers;
  }
}

TEST_F(FashionTest, EveryPatternGivesTheSameModel) {
  std::string expected;
  for (const std::string pattern : {"scatter_reduce", "reduce", "all_gather"}) {
    Train({"--set", "pattern=" + pattern, "--set", "algorithm.epochs=3"});
    const Ran ran = home_.Run({"predict", "out/model.safetensors", "fashion", "--output", "predicted.csv"});
    ASSERT_EQ(ran.exit, 0) << ran.err;
    const std::string predicted = ReadText(home_ / "predicted.csv");
    if (expected.empty()) expected = predicted;
    EXPECT_EQ(predicted, expected) << pattern;
  }
}

class TextTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string make = std::string(LAMBDAML_SOURCE) + "/tests/data/debian_descriptions.py";
    ASSERT_EQ(std::system((make + " " + (home_ / "raw").string() + " >/dev/null").c_str()), 0);
    const Ran imported = home_.Run({"data", "import", "raw/train.libsvm", "text", "--test", "raw/test.libsvm"});
    ASSERT_EQ(imported.exit, 0) << imported.err;
    WriteText(home_ / "text.yaml", kText);
  }

  // What the report says of the test rows. `changes` are of the job above.
  nlohmann::json Test(const std::vector<std::string>& changes) {
    std::vector<std::string> words{"train", "text.yaml"};
    for (const std::string& change : changes) words.insert(words.end(), {"--set", change});
    const Ran ran = home_.Run(words);
    EXPECT_EQ(ran.exit, 0) << ran.err;
    return ran.exit == 0 ? home_.Report()["test"] : nlohmann::json();
  }

  Home home_;
};

TEST_F(TextTest, SparseRowsReachTheOptimum) {
  const auto logistic = Test({});
  EXPECT_GE(logistic["rows"], 12000);
  EXPECT_GE(logistic["accuracy"], 0.875);
  EXPECT_LE(logistic["loss"], 0.31);
  // A linear support vector machine has 88.8 % at its best C.
  for (const std::string loss : {"hinge", "squared_hinge"}) {
    const auto machine = Test(
        {"model.kind=svm", "model.loss=" + loss, "model.l2=4e-5", "algorithm.learning_rate=3", "algorithm.epochs=10"});
    EXPECT_GE(machine["accuracy"], 0.88) << loss;
  }
}

}  // namespace
}  // namespace lambdaml::e2e
