// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/testing.h"

namespace lambdaml {
namespace {

using testing::Ran;
using testing::RunIn;
using testing::TemporaryFolder;

constexpr std::string_view kRows = "0,1,2\n1,2,1\n0,1,3\n1,3,1\n0,0,2\n1,2,0\n0,1,2\n1,2,1\n";

class DataCommandsTest : public ::testing::Test {
 protected:
  Ran Run(const std::vector<std::string>& words) { return RunIn(home_, words); }

  TemporaryFolder home_;
};

TEST_F(DataCommandsTest, ImportThenInfo) {
  home_.Write("rows.csv", kRows);
  const Ran made = Run({"data", "import", home_ / "rows.csv", home_ / "data"});
  ASSERT_EQ(made.exit, 0) << made.err;
  EXPECT_NE(made.out.find(": 8 train rows of 2 columns, 2 classes, dense, "), std::string::npos) << made.out;
  const Ran info = Run({"data", "info", home_ / "data"});
  EXPECT_EQ(info.exit, 0) << info.err;
  EXPECT_NE(info.out.find("columns  2\n"), std::string::npos) << info.out;
  EXPECT_NE(info.out.find("classes  2: 0, 1\n"), std::string::npos) << info.out;
  EXPECT_EQ(nlohmann::json::parse(Run({"data", "info", home_ / "data", "--json"}).out)["columns"], 2);
}

TEST_F(DataCommandsTest, RefusesToOverwriteUnlessForced) {
  home_.Write("rows.csv", kRows);
  const std::vector<std::string> import = {"data", "import", home_ / "rows.csv", home_ / "data"};
  ASSERT_EQ(Run(import).exit, 0);
  const Ran again = Run(import);
  EXPECT_EQ(again.exit, 2);
  EXPECT_EQ(again.err, StrCat("lambdaml: data import: file://", home_ / "data",
                              ": there is a dataset already; --force replaces it\n"));
  std::vector<std::string> forced = import;
  forced.emplace_back("--force");
  EXPECT_EQ(Run(forced).exit, 0);
}

TEST_F(DataCommandsTest, AFailedImportLeavesTheOldDataset) {
  home_.Write("rows.csv", kRows);
  ASSERT_EQ(Run({"data", "import", home_ / "rows.csv", home_ / "data"}).exit, 0);
  home_.Write("ragged.csv", "0,1,2\n1,2\n");
  const Ran failed = Run({"data", "import", home_ / "ragged.csv", home_ / "data", "--force"});
  EXPECT_EQ(failed.exit, 2);
  EXPECT_EQ(std::count(failed.err.begin(), failed.err.end(), '\n'), 1) << failed.err;
  EXPECT_EQ(Run({"data", "info", home_ / "data"}).exit, 0);
  EXPECT_EQ(Run({"data", "import", home_ / "ragged.csv", home_ / "new"}).exit, 2);
  EXPECT_EQ(Run({"data", "info", home_ / "new"}).exit, 2);
}

TEST_F(DataCommandsTest, GenerateThenSplit) {
  const Ran made = Run({"data", "generate", "blobs", home_ / "blobs", "--rows", "1000", "--set", "seed=7"});
  ASSERT_EQ(made.exit, 0) << made.err;
  const Ran split = Run({"data", "split", home_ / "blobs", home_ / "halves", "--fraction", "0.5"});
  ASSERT_EQ(split.exit, 0) << split.err;
  const auto manifest = nlohmann::json::parse(Run({"data", "info", home_ / "halves", "--json"}).out);
  EXPECT_EQ(manifest["splits"].size(), 2U);
  EXPECT_EQ(Run({"data", "split", home_ / "blobs", home_ / "blobs"}).exit, 2);
}

TEST_F(DataCommandsTest, NamesTheNearestGenerator) {
  const Ran ran = Run({"data", "generate", "blob", home_ / "x"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find("blobs"), std::string::npos) << ran.err;
}

TEST_F(DataCommandsTest, ASourceThatIsNotThere) {
  const Ran ran = Run({"data", "import", home_ / "none.csv", home_ / "data"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find(home_ / "none.csv"), std::string::npos) << ran.err;
}

TEST_F(DataCommandsTest, ScoringNeedsAModel) {
  home_.Write("rows.csv", kRows);
  const Ran ran = Run({"evaluate", home_ / "none.safetensors", home_ / "rows.csv"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find("none.safetensors"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace lambdaml
