// SPDX-License-Identifier: Apache-2.0
// The ways in which a job may exchange less, or wait less: each must learn as much in as many rounds as one that adds
// exact vectors and waits for everybody.
#include <cmath>
#include <map>

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

  // How far training has come, as a share of how far waiting and exactness come in as many rounds.
  void ExpectToLearnAsMuch(const std::vector<Changes>& modes) {
    const double loss = Train({}).train.loss;
    for (const Changes& changes : modes) {
      std::string name;
      for (const auto& [path, text] : changes) name += StrCat(path, "=", text, " ");
      EXPECT_LE(Train(changes).train.loss, 1.02 * loss) << name << "of " << spec_.algorithm.kind;
    }
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

TEST_F(ModesTest, StaleContributionsLearnAsMuch) {
  const std::vector<Changes> modes = {{{"sync", "asp"}}, {{"sync", "ssp"}, {"staleness", "4"}}};
  ExpectToLearnAsMuch(modes);
  spec_.channel = "memory://modes";
  const auto kept =
      OpenStore(spec_.channel, {.clock = clock_});  // what it holds goes with the last one who has it open
  ExpectToLearnAsMuch(modes);
  UseLocalSteps();
  ExpectToLearnAsMuch(modes);
}

TEST_F(ModesTest, RoundedContributionsLearnAsMuch) {
  const std::vector<Changes> modes = {{{"exchange.wire", "float16"}},
                                      {{"exchange.wire", "bfloat16"}},
                                      {{"exchange.wire", "int8"}},
                                      {{"exchange.accumulate", "float64"}}};
  ExpectToLearnAsMuch(modes);
  UseLocalSteps();
  ExpectToLearnAsMuch(modes);
}

TEST_F(ModesTest, FilteredContributionsLearnAsMuch) {
  const std::vector<Changes> modes = {
      {{"exchange.filter", "top_k"}, {"exchange.share", "0.1"}},
      {{"exchange.filter", "significance"}},
      {{"exchange.filter", "top_k"}, {"exchange.share", "0.25"}, {"exchange.wire", "int8"}}};
  ExpectToLearnAsMuch(modes);
  UseLocalSteps();
  ExpectToLearnAsMuch(modes);
}

}  // namespace
}  // namespace lambdaml
