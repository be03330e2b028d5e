// SPDX-License-Identifier: Apache-2.0

// What a user gets wrong: one line that says what, where and what to do, and exit code 2.

#include <gtest/gtest.h>

#include <algorithm>

#include "program.h"

namespace lambdaml::e2e {
namespace {

class BadInputTest : public ::testing::Test {
 protected:
  // The words end with exit code 2 and one line that holds every part.
  void Expect(const std::vector<std::string>& words, const std::vector<std::string>& parts) {
    const Ran ran = home_.Run(words);
    EXPECT_EQ(ran.exit, 2) << ran.err;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    for (const std::string& part : parts) EXPECT_NE(ran.err.find(part), std::string::npos) << part << "\n" << ran.err;
    EXPECT_FALSE(std::filesystem::exists(home_ / "out"));
    EXPECT_FALSE(std::filesystem::exists(home_ / "new/manifest.json"));
  }

  void ExpectNoImport(std::string_view name, std::string_view content, const std::vector<std::string>& parts) {
    WriteText(home_ / name, content);
    Expect({"data", "import", std::string(name), "new"}, parts);
  }

  Home home_;
};

TEST_F(BadInputTest, OfFiles) {
  Expect({"data", "import", "none.csv", "new"}, {"none.csv"});
  ExpectNoImport("ragged.csv", "0,1,2\n1,2,3\n0,1\n", {"ragged.csv", "3"});
  ExpectNoImport("words.csv", "0,1,2\n1,2,3\n0,apple,2\n", {"words.csv", "apple"});
  ExpectNoImport("nan.csv", "0,1,2\n1,nan,3\n", {"nan.csv", "2"});
  ExpectNoImport("wrong.libsvm", "1 1:0.5 3:x\n", {"wrong.libsvm", "1"});
  ExpectNoImport("cut.csv.gz", std::string_view("\x1f\x8b\x08\0\0\0\0\0\0\x03\x33", 11), {"cut.csv.gz"});
  ExpectNoImport("short.npy", "\x93NUMPY\x01", {"short.npy"});
  ExpectNoImport("empty.csv", "", {"empty.csv"});
}

TEST_F(BadInputTest, OfJobFiles) {
  Expect({"train", "none.yaml"}, {"none.yaml"});
  WriteText(home_ / "torn.yaml", "name: [a\n");
  Expect({"train", "torn.yaml"}, {"torn.yaml"});
  Expect({"train", home_.Job({{"worker", "3"}})}, {"job.yaml", "'worker'", "did you mean 'workers'?"});
  Expect({"train", home_.Job({{"workers", "0"}})}, {"job.yaml", "workers: '0'"});
  Expect({"train", home_.Job({{"workers", "999"}}), "--set", "holdout=0", "--set", "data=small"}, {"small"});
  Expect({"train", home_.Job({{"model", "{kind: logistik}"}})}, {"logistik", "logistic"});
  Expect({"train", home_.Job({{"algorithm", "{kind: ga_sgd, learning_rat: 1}"}})}, {"learning_rat", "learning_rate"});
  Expect({"train", home_.Job({{"pattern", "butterfly"}})}, {"butterfly", "scatter_reduce"});
  Expect({"train", home_.Job({{"function", "{timeout_s: 0}"}})}, {"timeout_s", "'0'"});
}

TEST_F(BadInputTest, OfPlaces) {
  Expect({"train", home_.Job({{"channel", "file:///proc/nowhere"}})}, {"channel", "/proc/nowhere"});
  Expect({"train", home_.Job({{"channel", "carrier-pigeon://roof"}})}, {"carrier-pigeon", "file"});
  Expect({"train", home_.Job({{"data", "file://$HOME/none"}})}, {"none", "lambdaml data import"});
  Expect({"train", home_.Job({{"output", "/proc/nowhere"}})}, {"/proc"});
}

TEST_F(BadInputTest, MoreWorkersThanRows) {
  WriteText(home_ / "rows.csv", "0,1\n1,2\n0,1\n");
  ASSERT_EQ(home_.Run({"data", "import", "rows.csv", "few"}).exit, 0);
  Expect({"train", home_.Job({{"data", "few"}, {"workers", "4"}})}, {"4 workers for 3 training rows", "at most 3"});
}

}  // namespace
}  // namespace lambdaml::e2e
