// SPDX-License-Identifier: Apache-2.0
#include "model/registry.h"

#include <gtest/gtest.h>

namespace lambdaml {
namespace {

std::string Refusal(const Choice& choice, const Shape& shape) {
  const auto made = MakeModel(choice, shape);
  EXPECT_FALSE(made.ok());
  if (made.ok()) return "";
  EXPECT_EQ(made.error().code, Code::kInvalid);
  return made.error().message;
}

TEST(ModelRegistry, RefusesWhatItDoesNotKnow) {
  const Shape shape{.columns = 3, .classes = 2};
  EXPECT_EQ(Refusal({"logistik", {}}, shape), "no model 'logistik'; did you mean 'logistic'?");
  EXPECT_EQ(Refusal({"xyz", {}}, shape).find("no model 'xyz'; known are logistic, svm, "), 0U);
  EXPECT_EQ(Refusal({"svm", {{"l3", "1"}}}, shape).find("model svm has no setting 'l3'; did you mean 'l"), 0U);
  EXPECT_EQ(Refusal({"svm", {{"l2", "-1"}}}, shape), "model svm: l2: '-1' is not a number of at least 0");
}

TEST(ModelRegistry, RefusesLabelsThatAModelDoesNotLearn) {
  const Choice svm{"svm", {}};
  EXPECT_NE(Refusal(svm, {.columns = 3, .classes = 0}).find("`--task classification`"), std::string::npos);
  EXPECT_NE(Refusal(svm, {.columns = 3, .classes = 1}).find("two classes"), std::string::npos);
  const Choice mf{"mf", {}};
  EXPECT_NE(Refusal(mf, {.columns = 3, .classes = 5}).find("`--task regression`"), std::string::npos);
}

TEST(ModelRegistry, RefusesDataWithoutColumns) {
  for (const ModelKind& kind : ModelKinds()) {
    const std::size_t classes = kind.learns == Learns::kNumbers ? 0 : 2;
    const Choice choice{std::string(kind.name), {}};
    EXPECT_NE(Refusal(choice, {.columns = 0, .classes = classes}).find("one column"), std::string::npos) << kind.name;
  }
}

TEST(ModelRegistry, SaysWhatModelsLearn) {
  for (const ModelKind& kind : ModelKinds()) {
    EXPECT_FALSE(kind.summary.empty());
    EXPECT_FALSE(kind.settings().empty());
    const std::size_t classes = kind.learns == Learns::kNumbers ? 0 : 2;
    const auto made = MakeModel({std::string(kind.name), {}}, {.columns = 20, .classes = classes});
    ASSERT_TRUE(made.ok()) << made.error().message;
    EXPECT_EQ(made.value()->learns(), kind.learns);
  }
}

}  // namespace
}  // namespace lambdaml
