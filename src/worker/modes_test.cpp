// SPDX-License-Identifier: Apache-2.0
// The ways in which a job may exchange less, or wait less: each must learn as much in as many rounds as one that adds
// exact vectors and waits for everybody.
#include <cmath>
#include <map>
#include <tuple>

#include "worker/model_file.h"
#include "worker/testing.h"

namespace lambdaml {
namespace {

using Changes = std::map<std::string, std::string>;

// Softmax regression on four clusters that overlap: convex. 12 epochs of 16 batches are 192 rounds of ga_sgd and, with
// 4 local steps, 48 of ma_sgd.
class ModesTest : public testing::WorkersTest {
 protected:
  void SetUp() override {
    WorkersTest::SetUp();
    Generate({"blobs", {{"rows", "2000"}, {"columns", "10"}, {"classes", "4"}, {"spread", "1.5"}}});
    spec_.model = {"logistic", {{"l2", "1e-3"}}};
    spec_.algorithm = {"ga_sgd", {{"epochs", "12"}, {"batch", "125"}, {"learning_rate", "0.1"}, {"momentum", "0.5"}}};
  }

  void UseLocalSteps() {
    spec_.algorithm.kind = "ma_sgd";
    spec_.algorithm.settings["local_steps"] = "4";
  }

  // The report of rank 0, and that all ranks agree with it.
  WorkerReport Train(const Changes& changes) {
    const JobSpec usual = spec_;
    for (const auto& [path, text] : changes) EXPECT_TRUE(Set(spec_, path, text).ok()) << path;
    EXPECT_TRUE(Validate(spec_).ok());
    const auto results = RunAll();
    spec_ = usual;
    for (const auto& result : results) {
      if (!result.ok()) {
        ADD_FAILURE() << result.error().message;
        return {};
      }
      EXPECT_EQ(result.value().train, results[0].value().train);
      EXPECT_EQ(result.value().rounds, results[0].value().rounds);
    }
    model_ = std::string(ModelBytes().text());
    return results[0].value();
  }

  // The parameters of the model that was trained last.
  std::vector<float> Parameters() const {
    const Blob file(nullptr, AsBytes(model_));
    return ReadModel(file, "model").value().parameters;
  }

  // In each mode, beside the loss of exact vectors that all wait for.
  void ExpectToLearnAsMuch(const std::vector<Changes>& modes, double loss) {
    for (const Changes& changes : modes) {
      std::string name;
      for (const auto& [path, text] : changes) name += StrCat(path, "=", text, " ");
      EXPECT_LE(Train(changes).train.loss, 1.02 * loss) << name << "of " << spec_.algorithm.kind;
    }
  }

  // Likewise with and without local steps.
  void ExpectToLearnAsMuch(const std::vector<Changes>& modes) {
    const double loss = Train({}).train.loss;
    ExpectToLearnAsMuch(modes, loss);
    UseLocalSteps();
    ExpectToLearnAsMuch({Changes{}}, loss);
    ExpectToLearnAsMuch(modes, loss);
  }

  std::string model_;
};

TEST_F(ModesTest, TheSameSeedGivesTheSameBits) {
  Train({});
  const std::string once = model_;
  Train({});
  EXPECT_TRUE(model_ == once);
}

TEST_F(ModesTest, NoStalenessIsWaitingForAll) {
  for (int algorithm = 0; algorithm < 2; ++algorithm) {
    Train({});
    const std::vector<float> waiting = Parameters();
    Train({{"sync", "ssp"}});
    EXPECT_EQ(Parameters(), waiting);
    UseLocalSteps();
  }
}

const std::vector<Changes> kStale = {{{"sync", "asp"}}, {{"sync", "ssp"}, {"staleness", "4"}}};

TEST_F(ModesTest, StaleContributionsLearnAsMuch) { ExpectToLearnAsMuch(kStale); }

TEST_F(ModesTest, StaleContributionsLearnAsMuchInMemory) {
  spec_.channel = "memory://modes";
  const auto kept =
      OpenStore(spec_.channel, {.clock = clock_});  // what it holds goes with the last one who has it open
  ExpectToLearnAsMuch(kStale);
}

// The next batch is collected during a round where it is large.
TEST_F(ModesTest, LargeBatchesLearnAsMuch) {
  Generate({"blobs", {{"rows", "36000"}, {"columns", "4"}, {"classes", "3"}, {"spread", "1.5"}}});
  spec_.algorithm.settings["batch"] = "18000";
  spec_.algorithm.settings["epochs"] = "20";
  ExpectToLearnAsMuch(kStale, Train({}).train.loss);
}

TEST_F(ModesTest, StaleRanksEndTogether) {
  for (const auto& [path, text, ending] : {std::tuple{"stop.rounds", "21", Ending::kRounds},
                                           {"stop.target_loss", "0.9", Ending::kTargetLoss},
                                           {"stop.patience", "1", Ending::kNoImprovement}}) {
    spec_.algorithm.settings["schedule"] = "constant";
    spec_.algorithm.settings["epochs"] = "1000";
    const WorkerReport report = Train({{"sync", "asp"}, {path, text}});
    EXPECT_EQ(report.ending, ending) << path;
    EXPECT_TRUE(ending != Ending::kRounds || report.rounds == 21) << report.rounds;
  }
}

TEST_F(ModesTest, StaleRanksHandOverBeforeTheirTimeIsOver) {
  spec_.sync = "asp";
  spec_.algorithm.settings["epochs"] = "1000000";
  spec_.stop.seconds = 3;
  for (const auto& result : RunAll(std::chrono::seconds(2))) {
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(result.value().ending, Ending::kSeconds);
    EXPECT_GT(result.value().incarnations, 1);
  }
}

TEST_F(ModesTest, RoundedContributionsLearnAsMuch) {
  ExpectToLearnAsMuch({{{"exchange.wire", "float16"}},
                       {{"exchange.wire", "bfloat16"}},
                       {{"exchange.wire", "int8"}},
                       {{"exchange.accumulate", "float64"}}});
}

TEST_F(ModesTest, FilteredContributionsLearnAsMuch) {
  ExpectToLearnAsMuch({{{"exchange.filter", "top_k"}, {"exchange.share", "0.1"}},
                       {{"exchange.filter", "significance"}},
                       {{"exchange.filter", "top_k"}, {"exchange.share", "0.25"}, {"exchange.wire", "int8"}}});
}

}  // namespace
}  // namespace lambdaml
