// SPDX-License-Identifier: Apache-2.0
#include "base/field.h"

#include <gtest/gtest.h>

namespace lambdaml {
namespace {

struct Settings {
  std::int64_t workers = 4;
  double rate = 0.1;
  bool shuffle = true;
  std::string platform = "local";
  Choice model{.kind = "logistic", .settings = {}};
  std::int64_t memory = 512;
};

Fields Describe(Settings& s) {
  return {{"workers", s.workers, "how many", {.min = 1, .max = 1000}},
          {"rate", s.rate, "step size", {.min = 0}},
          {"shuffle", s.shuffle, "another order in each epoch"},
          {"platform", s.platform, "where it runs", {.one_of = {"local", "aws"}}},
          {"model", s.model, "what is trained"},
          {"function", {{"memory", s.memory, "megabytes"}}, "the function"}};
}

class FieldTest : public ::testing::Test {
 protected:
  // What Assign says, or nothing.
  std::string Set(std::string_view name, std::string_view text) {
    const auto field = Find(fields_, name, "the job");
    if (!field.ok()) return field.error().message;
    const auto assigned = Assign(*field.value(), text);
    if (assigned.ok()) return "";
    EXPECT_EQ(assigned.error().code, Code::kInvalid);
    return assigned.error().message;
  }

  Settings settings_;
  Fields fields_ = Describe(settings_);
};

TEST_F(FieldTest, TakesWhatIsAllowed) {
  EXPECT_EQ(Set("workers", "1000"), "");
  EXPECT_EQ(Set("rate", "1e-3"), "");
  EXPECT_EQ(Set("shuffle", "false"), "");
  EXPECT_EQ(Set("platform", "aws"), "");
  EXPECT_EQ(Set("model", "svm"), "");
  EXPECT_EQ(settings_.workers, 1000);
  EXPECT_EQ(settings_.rate, 1e-3);
  EXPECT_FALSE(settings_.shuffle);
  EXPECT_EQ(settings_.platform, "aws");
  EXPECT_EQ(settings_.model.kind, "svm");
}

TEST_F(FieldTest, RefusesTheRestAndSaysWhatIsAllowed) {
  EXPECT_EQ(Set("workers", "0"), "workers: '0' is not an integer from 1 to 1000");
  EXPECT_EQ(Set("workers", "1001"), "workers: '1001' is not an integer from 1 to 1000");
  EXPECT_EQ(Set("workers", "2.5"), "workers: '2.5' is not an integer from 1 to 1000");
  EXPECT_EQ(Set("rate", "-1"), "rate: '-1' is not a number of at least 0");
  EXPECT_EQ(Set("rate", "nan"), "rate: 'nan' is not a number of at least 0");
  EXPECT_EQ(Set("rate", "inf"), "rate: 'inf' is not a number of at least 0");
  EXPECT_EQ(Set("shuffle", "yes"), "shuffle: 'yes' is not true or false");
  EXPECT_EQ(Set("platform", "azure"), "platform: 'azure' is not one of local, aws");
  EXPECT_EQ(Set("function", "1"), "function: '1' is not a group of settings");
  EXPECT_EQ(settings_.workers, 4);
  EXPECT_EQ(settings_.rate, 0.1);
  EXPECT_EQ(settings_.platform, "local");
}

TEST_F(FieldTest, AnUnknownNameGetsAHint) {
  EXPECT_EQ(Set("worker", "1"), "the job has no setting 'worker'; did you mean 'workers'?");
  EXPECT_EQ(Set("colour", "1"),
            "the job has no setting 'colour'; known are workers, rate, shuffle, platform, model, function");
  EXPECT_EQ(Find({}, "l2", "model mean").error().message, "model mean has no settings, 'l2' was given");
}

TEST_F(FieldTest, AppliesAChoice) {
  EXPECT_TRUE(Apply({.kind = "x", .settings = {{"rate", "2"}, {"workers", "3"}}}, fields_, "algorithm x").ok());
  EXPECT_EQ(settings_.workers, 3);
  EXPECT_EQ(settings_.rate, 2.0);
  EXPECT_EQ(Apply({.kind = "x", .settings = {{"rate", "-2"}}}, fields_, "algorithm x").error().message,
            "algorithm x: rate: '-2' is not a number of at least 0");
  EXPECT_EQ(Apply({.kind = "x", .settings = {{"rat", "2"}}}, fields_, "algorithm x").error().message,
            "algorithm x has no setting 'rat'; did you mean 'rate'?");
}

TEST_F(FieldTest, ListsItselfWithDefaults) {
  const std::vector<FieldInfo> listing = SettingsOf<Settings>();
  std::vector<std::string> lines;
  for (const FieldInfo& info : listing) lines.push_back(info.name + " " + info.type + " " + info.default_value);
  EXPECT_EQ(lines, (std::vector<std::string>{"workers integer 4", "rate number 0.1", "shuffle true or false true",
                                             "platform text local", "model choice logistic", "function group "}));
  ASSERT_EQ(listing.back().group.size(), 1U);
  EXPECT_EQ(listing.back().group[0].default_value, "512");
  EXPECT_EQ(listing[0].bounds.max, 1000);
}

}  // namespace
}  // namespace lambdaml
