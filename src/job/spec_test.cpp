// SPDX-License-Identifier: Apache-2.0
#include "job/spec.h"

#include <gtest/gtest.h>

namespace lambdaml {
namespace {

constexpr std::string_view kJob = R"(name: fashion
data: file:///data
model: {kind: logistic, l2: 1.0e-5}
algorithm: {kind: ga_sgd, learning_rate: 0.1, batch: 512, epochs: 20}
workers: 4
channel: file:///channel
output: out/demo
function: {memory_mb: 512, timeout_s: 60}
)";

std::string MessageOf(std::string_view text) {
  const Result<JobSpec> spec = ParseJobSpec(text, "job.yaml");
  return spec.ok() ? "no error" : spec.error().message;
}

TEST(JobSpec, ReadsYaml) {
  const Result<JobSpec> parsed = ParseJobSpec(kJob, "job.yaml");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const JobSpec& spec = parsed.value();
  EXPECT_EQ(spec.name, "fashion");
  EXPECT_EQ(spec.model.kind, "logistic");
  EXPECT_EQ(spec.model.settings.at("l2"), "1.0e-5");
  EXPECT_EQ(spec.algorithm.settings.at("batch"), "512");
  EXPECT_EQ(spec.function.memory_mb, 512);
  EXPECT_EQ(spec.pattern, "scatter_reduce");
  EXPECT_TRUE(Validate(spec).ok());
}

TEST(JobSpec, JsonRoundTripKeepsEverySetting) {
  const JobSpec spec = ParseJobSpec(kJob, "job.yaml").value();
  const Result<JobSpec> again = ParseJobSpec(ToJson(spec), "job.json");
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(ToJson(again.value()), ToJson(spec));
}

TEST(JobSpec, TheRecipeIsWhatDeterminesTheModel) {
  const JobSpec spec = ParseJobSpec(kJob, "job.yaml").value();
  JobSpec elsewhere = spec;
  elsewhere.name = "other";
  elsewhere.channel = "redis://user:secret@host";
  elsewhere.output = "elsewhere";
  elsewhere.pattern = "reduce";
  elsewhere.function.memory_mb = 1024;
  elsewhere.exchange.sparse = "never";
  elsewhere.data += "?token=secret";
  EXPECT_EQ(RecipeOf(elsewhere), RecipeOf(spec));
  EXPECT_EQ(RecipeOf(spec), R"({"data":"file:///data","model":{"kind":"logistic","l2":1e-05},)"
                            R"("algorithm":{"kind":"ga_sgd","batch":512,"epochs":20,"learning_rate":0.1},)"
                            R"("workers":4,"sync":"bsp","staleness":0,)"
                            R"("exchange":{"wire":"float32","filter":"none","share":0.01,"threshold":0.7,)"
                            R"("accumulate":"float32"},"seed":1,"holdout":0.0,"standardise":false,"evaluate_every":1,)"
                            R"("stop":{"target_loss":0.0,"rounds":0,"patience":0,"seconds":0.0,"dollars":0.0}})");
}

TEST(JobSpec, NamesTheLineAndTheNearestKey) {
  EXPECT_EQ(MessageOf("name: a\nworker: 4\n"), "job.yaml:2: the job has no setting 'worker'; did you mean 'workers'?");
  EXPECT_EQ(MessageOf("name: a\nfunction: {memory: 4}\n"),
            "job.yaml:2: function has no setting 'memory'; known are memory_mb, timeout_s");
  EXPECT_EQ(MessageOf("workers: 0\n"), "job.yaml:1: workers: '0' is not an integer from 1 to 1000");
  EXPECT_EQ(MessageOf("workers: many\n"), "job.yaml:1: workers: 'many' is not an integer from 1 to 1000");
  EXPECT_EQ(MessageOf("name: a\nname: b\n"), "job.yaml:2: 'name' is given twice");
  EXPECT_EQ(MessageOf("workers: [1]\n"), "job.yaml:1: workers: one value is expected here");
  EXPECT_EQ(MessageOf("name: {\n").substr(0, 11), "job.yaml:2:");
  EXPECT_EQ(MessageOf(""), "job.yaml: the job file is empty");
}

TEST(JobSpec, SetsByPath) {
  JobSpec spec = ParseJobSpec(kJob, "job.yaml").value();
  EXPECT_TRUE(Set(spec, "algorithm.learning_rate", "0.5").ok());
  EXPECT_EQ(spec.algorithm.settings.at("learning_rate"), "0.5");
  EXPECT_TRUE(Set(spec, "function.timeout_s", "7").ok());
  EXPECT_EQ(spec.function.timeout_s, 7);
  EXPECT_TRUE(Set(spec, "model", "svm").ok());
  EXPECT_EQ(spec.model.kind, "svm");
  EXPECT_EQ(Set(spec, "workers.x", "1").error().message, "workers.x: workers has no settings of its own");
  EXPECT_EQ(Set(spec, "function.timeout_s", "0").error().code, Code::kInvalid);
}

TEST(JobSpec, ValidateNamesWhatIsMissing) {
  JobSpec spec = ParseJobSpec(kJob, "job.yaml").value();
  spec.channel.clear();
  EXPECT_EQ(Validate(spec).error().message, "the job has no 'channel': add a line 'channel: ...'");
  spec.channel = "memory:";
  for (const char* name : {"a/b", ".hidden", "ümlaut", "a b"}) {
    spec.name = name;
    EXPECT_EQ(Validate(spec).error().code, Code::kInvalid) << name;
  }
}

TEST(JobSpec, ValidateRefusesWhatHasNoEffect) {
  const auto refusal = [](std::string_view path, std::string_view text) {
    JobSpec spec = ParseJobSpec(kJob, "job.yaml").value();
    EXPECT_TRUE(Set(spec, path, text).ok());
    const Result<void> valid = Validate(spec);
    return valid.ok() ? "" : valid.error().message;
  };
  EXPECT_EQ(refusal("staleness", "3"),
            "staleness: 3 has no effect with sync bsp: set sync to ssp, or leave staleness out");
  EXPECT_EQ(refusal("exchange.share", "0.1"),
            "exchange.share: 0.1 has no effect with exchange.filter none: set exchange.filter to top_k, or leave "
            "exchange.share out");
  EXPECT_NE(refusal("exchange.threshold", "0.1"), "");
  JobSpec stale = ParseJobSpec(kJob, "job.yaml").value();
  stale.sync = "asp";
  stale.exchange.wire = "int8";
  EXPECT_EQ(Validate(stale).error().message,
            "exchange.wire: int8 has no effect with sync asp: set sync to bsp, or leave exchange.wire out");
  for (const auto& [path, text] : {std::pair{"sync", "asp"},
                                   {"sync", "ssp"},
                                   {"exchange.filter", "top_k"},
                                   {"exchange.wire", "int8"},
                                   {"staleness", "0"}}) {
    EXPECT_EQ(refusal(path, text), "");
  }
}

}  // namespace
}  // namespace lambdaml
