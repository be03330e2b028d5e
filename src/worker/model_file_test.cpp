// SPDX-License-Identifier: Apache-2.0
#include "worker/model_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/registry.h"

namespace lambdaml {
namespace {

TrainedModel Trained(const Choice& kind, const Shape& shape) {
  TrainedModel trained;
  trained.kind = kind;
  trained.columns = shape.columns;
  trained.model = MakeModel(kind, shape).value();
  for (std::size_t i = 0; i < shape.classes; ++i) trained.classes.push_back(std::to_string(i));
  trained.class_rows = shape.class_rows;
  trained.parameters.resize(trained.model->parameter_count());
  for (std::size_t i = 0; i < trained.parameters.size(); ++i) trained.parameters[i] = static_cast<float>(i) / 4 - 1;
  return trained;
}

Result<TrainedModel> WrittenAndRead(const TrainedModel& trained) {
  return ReadModel(Blob(WriteModel(trained)), "model");
}

// The weights of classes follow from the training data, which whoever uses the model has not.
TEST(ModelFile, KeepsTheWeightsOfClasses) {
  const Shape shape{.columns = 2, .classes = 2, .class_rows = {10, 30}};
  const TrainedModel trained = Trained({"logistic", {{"class_weights", "balanced"}}}, shape);
  const Result<TrainedModel> read = WrittenAndRead(trained);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read.value().class_rows, shape.class_rows);
  const float row[] = {1, 2};
  const Batch batch{.columns = 2, .dense = {row}, .sparse = {}, .labels = {0}};
  const auto plain = MakeModel({"logistic", {}}, shape).value();
  const double loss = read.value().model->Evaluate(trained.parameters, batch).loss;
  EXPECT_NEAR(loss, 2 * plain->Evaluate(trained.parameters, batch).loss, 1e-6 * loss);
}

TEST(ModelFile, KeepsEveryKindOfModel) {
  for (const ModelKind& kind : ModelKinds()) {
    const Shape shape{.columns = 20, .classes = kind.learns == Learns::kNumbers ? 0U : 3U};
    const TrainedModel trained = Trained({std::string(kind.name), {}}, shape);
    const Result<TrainedModel> read = WrittenAndRead(trained);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read.value().kind, trained.kind);
    EXPECT_EQ(read.value().classes, trained.classes);
    EXPECT_EQ(read.value().parameters, trained.parameters);
    EXPECT_TRUE(std::ranges::equal(read.value().class_rows, trained.class_rows));
  }
}

}  // namespace
}  // namespace lambdaml
