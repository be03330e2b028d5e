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
  EXPECT_EQ(Refusal({"xyz", {}}, shape), "no model 'xyz'; known are logistic, svm");
  EXPECT_EQ(Refusal({"svm", {{"l3", "1"}}}, shape), "model svm has no setting 'l3'; did you mean 'l2'?");
  EXPECT_EQ(Refusal({"svm", {{"l2", "-1"}}}, shape), "model svm: l2: '-1' is not a number of at least 0");
}

TEST(ModelRegistry, RefusesDataThatHasNoClasses) {
  for (const ModelKind& kind : ModelKinds()) {
    const Choice choice{std::string(kind.name), {}};
    EXPECT_NE(Refusal(choice, {.columns = 3, .classes = 0}).find("real numbers"), std::string::npos);
    EXPECT_NE(Refusal(choice, {.columns = 3, .classes = 1}).find("two classes"), std::string::npos);
    EXPECT_NE(Refusal(choice, {.columns = 0, .classes = 2}).find("one column"), std::string::npos);
  }
}

TEST(ModelRegistry, ListsSettings) {
  for (const ModelKind& kind : ModelKinds()) {
    EXPECT_FALSE(kind.summary.empty());
    EXPECT_EQ(kind.settings().front().name, "l2");
  }
}

}  // namespace
}  // namespace lambdaml
