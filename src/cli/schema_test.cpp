// SPDX-License-Identifier: Apache-2.0
#include "cli/schema.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/testing.h"
#include "job/spec.h"

namespace lambdaml {
namespace {

TEST(Schema, HoldsEveryFieldOfAJob) {
  const auto schema = nlohmann::json::parse(JobSchema({}));
  JobSpec spec;
  for (const FieldInfo& field : Listing(Describe(spec))) {
    ASSERT_TRUE(schema["properties"].contains(field.name)) << field.name;
    const auto& property = schema["properties"][field.name];
    EXPECT_EQ(property["description"], field.summary);
    for (const FieldInfo& inner : field.group) {
      EXPECT_TRUE(property["properties"].contains(inner.name)) << field.name << "." << inner.name;
    }
  }
  EXPECT_EQ(schema["properties"]["workers"]["minimum"], 1);
  EXPECT_EQ(schema["properties"]["workers"]["type"], "integer");
  EXPECT_EQ(schema["additionalProperties"], false);
}

TEST(Schema, AKindBringsItsOwnSettings) {
  const FieldInfo l2{
      .name = "l2", .type = "number", .default_value = "0.5", .summary = "penalty", .bounds = {.min = 0}, .group = {}};
  const auto schema = nlohmann::json::parse(JobSchema({.models = {{"logistic", "a model", {l2}}, {"svm", "other", {}}},
                                                       .algorithms = {},
                                                       .patterns = {{"reduce", "a pattern", {}}},
                                                       .platforms = {"local"}}));
  const auto& alternatives = schema["properties"]["model"]["oneOf"];
  ASSERT_EQ(alternatives.size(), 2U);
  EXPECT_EQ(alternatives[0]["properties"]["kind"]["const"], "logistic");
  EXPECT_EQ(alternatives[0]["properties"]["l2"]["default"], 0.5);
  EXPECT_FALSE(alternatives[1]["properties"].contains("l2"));
  EXPECT_EQ(schema["properties"]["pattern"]["enum"], nlohmann::json({"reduce"}));
  EXPECT_EQ(schema["properties"]["platform"]["enum"], nlohmann::json({"local"}));
}

TEST(Schema, OfTheProgramKnowsEveryModelAndAlgorithm) {
  const testing::TemporaryFolder home;
  const auto schema = nlohmann::json::parse(testing::RunIn(home, {"job", "schema"}).out);
  EXPECT_EQ(schema["properties"]["model"]["oneOf"].size(), ModelCatalog().size());
  EXPECT_EQ(schema["properties"]["algorithm"]["oneOf"].size(), AlgorithmCatalog().size());
}

}  // namespace
}  // namespace lambdaml
