// SPDX-License-Identifier: Apache-2.0

// Exported models give in ONNX Runtime and in scikit-learn what `lambdaml predict` gives.

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/run_command.h"
#include "base/text.h"
#include "data/npy_file.h"
#include "program.h"
#include "storage/testing/server_process.h"

namespace lambdaml::e2e {
namespace {

struct Case {
  const char* model;
  const char* algorithm;
  const char* labels;  // of the rows: "two", "three" classes, or "numbers"
  const char* kind;    // as check_export.py calls it
  const char* standardise;

  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.model << " of " << c.labels; }
};

constexpr std::size_t kRows = 200;
constexpr std::size_t kColumns = 6;

std::string LabelOf(const Case& with, const float* row, Random& random) {
  if (std::string_view(with.labels) == "numbers") return Fixed(2.0 * row[0] - row[1] + 0.1 * random.Normal() + 5, 4);
  const int classes = std::string_view(with.labels) == "two" ? 2 : 3;
  return StrCat(std::string_view("abc").substr(static_cast<std::size_t>(row[0] > 1) + (classes == 3 && row[1] > 3), 1));
}

class Export : public ::testing::TestWithParam<Case> {
 protected:
  // Columns of different means and scales.
  void WriteRows() {
    Random random(3, 1);
    std::vector<float> values;
    std::string csv;
    for (std::size_t row = 0; row < kRows; ++row) {
      for (std::size_t i = 0; i < kColumns; ++i) {
        values.push_back(static_cast<float>(random.Normal() * static_cast<double>(i + 1) + static_cast<double>(i)));
      }
      const float* const x = values.data() + row * kColumns;
      csv += LabelOf(GetParam(), x, random);
      for (std::size_t i = 0; i < kColumns; ++i) csv += StrCat(",", x[i]);
      csv += '\n';
    }
    WriteText(home_ / "rows.csv", csv);
    const Bytes npy = NpyOf(values, kColumns);
    WriteText(home_ / "rows.npy", {reinterpret_cast<const char*>(npy.data()), npy.size()});
  }

  void Succeeds(const std::vector<std::string>& words) {
    const Ran ran = home_.Run(words);
    ASSERT_EQ(ran.exit, 0) << words[0] << ": " << ran.err;
  }

  void Train() {
    const std::string data = "file://" + (home_ / "rows").string();
    const bool numbers = std::string_view(GetParam().labels) == "numbers";
    Succeeds({"data", "import", home_ / "rows.csv", data, "--task", numbers ? "regression" : "classification"});
    WriteText(home_ / "job.yaml",
              StrCat("name: export\ndata: ", data, "\nmodel: ", GetParam().model, "\nalgorithm: ", GetParam().algorithm,
                     "\nworkers: 2\nchannel: file://", (home_ / "channel").string(),
                     "\noutput: ", (home_ / "out").string(), "\nstandardise: ", GetParam().standardise, "\n"));
    Succeeds({"train", home_ / "job.yaml"});
    model_ = home_ / "out/model.safetensors";
    Succeeds({"predict", model_, data, "--output", home_ / "predictions.csv"});
  }

  Home home_;
  std::string model_;
};

TEST_P(Export, GivesWhatPredictGives) {
  WriteRows();
  Train();
  ASSERT_FALSE(HasFatalFailure());
  Succeeds({"export", model_, home_ / "model.onnx"});
  Succeeds({"export", model_, home_ / "model.json"});
  ASSERT_FALSE(HasFatalFailure());
  const std::string source = LAMBDAML_SOURCE;
  const Result<std::string> checked =
      RunCommand({TestTool("python/bin/python"), source + "/tests/e2e/python/check_export.py",
                  source + "/docs/guide/export.md", home_ / "", GetParam().kind});
  ASSERT_TRUE(checked.ok()) << checked.error().message;
  EXPECT_EQ(checked.value(), "equal\n");
}

constexpr const char* kSgd = "{kind: ga_sgd, batch: 50, epochs: 20, learning_rate: 0.01}";

INSTANTIATE_TEST_SUITE_P(Models, Export,
                         ::testing::Values(Case{"{kind: logistic}", kSgd, "two", "classes", "true"},
                                           Case{"{kind: logistic}", kSgd, "three", "classes", "false"},
                                           Case{"{kind: svm}", kSgd, "two", "classes", "false"},
                                           Case{"{kind: svm}", kSgd, "three", "classes", "true"},
                                           Case{"{kind: linear}", "{kind: lbfgs}", "numbers", "numbers", "true"},
                                           Case{"{kind: kmeans, k: 7}", "{kind: em}", "two", "clusters", "true"},
                                           Case{"{kind: kmeans, k: 3}", "{kind: em}", "numbers", "clusters", "false"}),
                         [](const auto& test) { return StrCat(test.param.kind, test.index); });

}  // namespace
}  // namespace lambdaml::e2e
