// SPDX-License-Identifier: Apache-2.0
#include "cli/preflight.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/testing.h"

namespace lambdaml {
namespace {

using testing::Ran;
using testing::RunIn;
using testing::TemporaryFolder;

// A dataset of eight rows, and a job file for it in which lines can be replaced.
class PreflightTest : public ::testing::Test {
 protected:
  void SetUp() override {
    home_.Write("rows.csv", "0,1,2\n1,2,1\n0,1,3\n1,3,1\n0,0,2\n1,2,0\n0,1,2\n1,2,1\n");
    const Ran made = RunIn(home_, {"data", "import", home_ / "rows.csv", home_ / "data"});
    ASSERT_EQ(made.exit, 0) << made.err;
  }

  std::string Job(std::string_view key = {}, std::string_view value = {}) {
    std::string text;
    for (const auto& [name, usual] :
         std::vector<std::pair<std::string, std::string>>{{"name", "tiny"},
                                                          {"data", "file://$HOME/data"},
                                                          {"model", "{kind: logistic}"},
                                                          {"algorithm", "{kind: ga_sgd, epochs: 1, batch: 4}"},
                                                          {"workers", "2"},
                                                          {"channel", "file://$HOME/channel"},
                                                          {"output", home_ / "out"}}) {
      text += StrCat(name, ": ", name == key ? std::string(value) : usual, "\n");
    }
    return home_.Write("job.yaml", text);
  }

  void ExpectBadInput(const std::vector<std::string>& words, std::string_view line) {
    const Ran ran = RunIn(home_, words);
    EXPECT_EQ(ran.exit, 2);
    EXPECT_EQ(ran.err, StrCat("lambdaml: ", line, "\n"));
    EXPECT_FALSE(std::filesystem::exists(home_ / "out"));
    EXPECT_FALSE(std::filesystem::exists(home_ / "state/lambdaml/jobs/tiny/report.json"));
  }

  std::string Url(std::string_view name) { return StrCat("file://", home_ / name); }

  TemporaryFolder home_;
};

TEST_F(PreflightTest, AJobFileThatIsNotThere) {
  const Ran ran = RunIn(home_, {"train", home_ / "nowhere.yaml"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find(home_ / "nowhere.yaml"), std::string::npos) << ran.err;
}

TEST_F(PreflightTest, ADatasetThatIsNotThere) {
  ExpectBadInput({"train", Job("data", "file://$HOME/none")},
                 StrCat("train: data: ", Url("none"),
                        ": there is no dataset; make one with `lambdaml data import SOURCE ", Url("none"), "`"));
}

TEST_F(PreflightTest, AVariableThatIsNotSet) {
  ExpectBadInput({"train", Job("data", "file://$NOWHERE/none")},
                 "train: data: file://$NOWHERE/none: the environment variable NOWHERE is not set");
}

TEST_F(PreflightTest, MoreWorkersThanRows) {
  ExpectBadInput({"train", Job(), "--workers", "9"}, StrCat("train: workers: 9 workers for 8 training rows in ",
                                                            Url("data"), ": set workers to at most 8"));
}

TEST_F(PreflightTest, AChannelThatFunctionsCannotShare) {
  const Ran ran = RunIn(home_, {"train", Job("channel", "'memory:'")});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find("lives inside one process"), std::string::npos) << ran.err;
}

TEST_F(PreflightTest, AChannelThatIsAFile) {
  home_.Write("channel", "in the way");
  const Ran ran = RunIn(home_, {"train", Job()});
  EXPECT_EQ(ran.exit, 2) << ran.err;
  EXPECT_NE(ran.err.find("lambdaml: train: channel: "), std::string::npos) << ran.err;
}

TEST_F(PreflightTest, AnOutputThatIsAFile) {
  home_.Write("file", "in the way");
  ExpectBadInput({"train", Job("output", home_ / "file")},
                 StrCat("train: output: ", home_ / "file", " is a file: choose a folder"));
}

TEST_F(PreflightTest, APlatformThatDoesNotExist) {
  const Ran ran = RunIn(home_, {"train", Job(), "--set", "platform=moon"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find("train: platform: no platform is called 'moon'; known are "), std::string::npos) << ran.err;
}

TEST_F(PreflightTest, SetRefusesWhatAJobDoesNotHave) {
  ExpectBadInput({"train", Job(), "--set", "worker=3"},
                 "train: --set: the job has no setting 'worker'; did you mean 'workers'?");
  ExpectBadInput({"train", Job(), "--set", "workers"},
                 "train: --set 'workers': write KEY=VALUE, as in algorithm.epochs=5");
  EXPECT_EQ(RunIn(home_, {"train", Job(), "--set", "model.l3=1"}).exit, 2);
}

TEST_F(PreflightTest, DoctorShowsAllThatIsWrongAtOnce) {
  home_.Write("file", "in the way");
  Job();
  const Ran well = RunIn(home_, {"doctor", home_ / "job.yaml"});
  EXPECT_EQ(well.exit, 0) << well.out;
  std::filesystem::rename(home_ / "data", home_ / "elsewhere");
  const Ran ill = RunIn(home_, {"doctor", Job("output", home_ / "file")});
  EXPECT_EQ(ill.exit, 1);
  EXPECT_NE(ill.out.find("wrong  data: "), std::string::npos) << ill.out;
  EXPECT_NE(ill.out.find("wrong  output: "), std::string::npos) << ill.out;
  EXPECT_NE(ill.out.find("ok     channel: "), std::string::npos) << ill.out;
}

TEST_F(PreflightTest, AFinishedCheckLeavesNothingInTheChannel) {
  ASSERT_EQ(RunIn(home_, {"doctor", Job()}).exit, 0);
  EXPECT_FALSE(std::filesystem::exists(home_ / "channel/probe/tiny"));
}

}  // namespace
}  // namespace lambdaml
