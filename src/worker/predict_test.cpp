// SPDX-License-Identifier: Apache-2.0
#include "worker/predict.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "data/import.h"
#include "model/registry.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "worker/model_file.h"

namespace lambdaml {
namespace {

constexpr int kRows = 30;

// Some model of three classes and two columns, and datasets of the same rows with labels as each test has them.
class PredictTest : public ::testing::Test {
 protected:
  void SetUp() override {
    TrainedModel trained{.kind = {"logistic", {}},
                         .columns = 2,
                         .classes = {"3", "5", "7"},
                         .model = MakeModel({"logistic", {}}, {.columns = 2, .classes = 3}).value(),
                         .parameters = {},
                         .standardisation = {},
                         .notes = {}};
    for (std::size_t i = 0; i < trained.model->parameter_count(); ++i) {
      trained.parameters.push_back(std::sin(static_cast<float>(1 + i)));
    }
    Write("model", WriteModel(trained));
  }

  void Write(std::string_view name, ByteSpan content) {
    ASSERT_TRUE(WriteFileAtomically(folder_.path() / name, content, Durability::kProcess).ok());
  }

  // A dataset of the rows that have a label.
  PredictRequest Data(const std::vector<std::string>& labels) {
    std::string csv;
    for (int row = 0; row < kRows; ++row) {
      const std::string& label = labels[static_cast<std::size_t>(row)];
      if (!label.empty()) csv += StrCat(label, ",", std::sin(row), ",", std::cos(3 * row), "\n");
    }
    Write("rows.csv", AsBytes(csv));
    const std::string url = StrCat("file://", folder_.path().native(), "/data-", ++datasets_);
    const auto store = OpenStore(url, {.clock = clock_});
    const ShardSink sink = [&store](std::string_view name, ByteSpan content) {
      return Save(*store.value(), Key(std::string(name)), content);
    };
    ImportOptions options;
    options.source = folder_.path() / "rows.csv";
    const Result<Manifest> made = ImportDataset(options, sink, {});
    EXPECT_TRUE(made.ok()) << made.error().message;
    return {.model_file = folder_.path() / "model", .data = url, .split = "train"};
  }

  // What the model says of the rows.
  std::vector<std::string> Predicted() {
    const Result<Prediction> prediction = Predict(Data(std::vector<std::string>(kRows, "1")), {.clock = clock_});
    EXPECT_TRUE(prediction.ok()) << prediction.error().message;
    std::vector<std::string> names;
    for (const std::size_t number : prediction.value().classes) {
      names.push_back(prediction.value().columns[number]);
    }
    return names;
  }

  std::string Refusal(const std::vector<std::string>& labels) {
    const Result<Metrics> metrics = Evaluate(Data(labels), {.clock = clock_});
    EXPECT_FALSE(metrics.ok());
    return metrics.ok() ? "" : metrics.error().message;
  }

  SystemClock clock_;
  TemporaryFolder folder_ = TemporaryFolder::Make().value();
  int datasets_ = 0;
};

TEST_F(PredictTest, ClassesAreMatchedByName) {
  std::vector<std::string> labels = Predicted();
  EXPECT_EQ(std::set<std::string>(labels.begin(), labels.end()).size(), 3U) << "the rows should be of all classes";
  EXPECT_EQ(Evaluate(Data(labels), {.clock = clock_}).value().accuracy, 1);
  for (std::string& label : labels) {
    if (label == "3") label.clear();
  }
  const Result<Metrics> metrics = Evaluate(Data(labels), {.clock = clock_});
  ASSERT_TRUE(metrics.ok()) << metrics.error().message;
  EXPECT_EQ(metrics.value().accuracy, 1) << "without rows of the first class the data numbers the others anew";
  EXPECT_LT(metrics.value().rows, kRows);
}

TEST_F(PredictTest, RefusesLabelsThatTheModelDoesNotKnow) {
  std::vector<std::string> labels(kRows, "5");
  labels[3] = "4";
  EXPECT_EQ(Refusal(labels),
            "the data has rows of class '4', the model knows 3, 5, 7: give it data with the model's own labels");
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = StrCat(0.37 * static_cast<double>(i));
  EXPECT_NE(Refusal(labels).find("real numbers"), std::string::npos);
}

}  // namespace
}  // namespace lambdaml
