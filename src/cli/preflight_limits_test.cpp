// SPDX-License-Identifier: Apache-2.0
#include "cli/preflight_limits.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "platform/lambda_client.h"

namespace lambdaml {
namespace {

constexpr double kMb = kFunctionMegabyte;

JobSpec Job() {
  JobSpec spec;
  spec.name = "test";
  spec.data = "s3://bucket/data";
  spec.channel = "file:///channel";
  spec.workers = 2;
  spec.function.memory_mb = 128;
  return spec;
}

// 200,000 rows of 250 columns in eight shards of 24 MB.
Manifest Data() {
  Manifest manifest;
  manifest.columns = 250;
  manifest.classes = {"no", "yes"};
  manifest.splits.push_back({.name = "train", .rows = 200'000, .shards = {}});
  for (int i = 0; i < 8; ++i) {
    manifest.splits[0].shards.push_back(
        {.name = StrCat("train-", i), .rows = 25'000, .values = 6'250'000, .bytes = 25'100'000});
  }
  return manifest;
}

Check MemoryOf(double bytes) { return CheckMemory(Job(), Data(), {.uses = {{"all", bytes}}}); }

TEST(PreflightLimits, MemoryIsRefusedOnlyIfItCertainlyDoesNotFit) {
  EXPECT_EQ(MemoryOf(100 * kMb).found, "about 100 MB of 128 MB (all 100 MB)");
  EXPECT_EQ(MemoryOf(128 * kMb).verdict, Verdict::kGood);
  EXPECT_EQ(MemoryOf(129 * kMb).verdict, Verdict::kDoubtful);
  EXPECT_EQ(MemoryOf(160 * kMb).verdict, Verdict::kDoubtful);
  const Check wrong = MemoryOf(161 * kMb);
  EXPECT_EQ(wrong.verdict, Verdict::kWrong);
  EXPECT_TRUE(wrong.found.starts_with("a worker needs about 161 MB (all 161 MB) and may use 128 MB: ")) << wrong.found;
}

TEST(PreflightLimits, MemorySaysWhatWouldFit) {
  JobSpec spec = Job();
  spec.workers = 1;
  const Check check = CheckMemory(spec, Data(), ForecastMemory(spec, Data()).value());
  const MemoryRemedy remedy = RemedyFor(spec, Data()).value();
  ASSERT_TRUE(remedy.memory_mb && remedy.workers);
  EXPECT_EQ(check.verdict, Verdict::kWrong) << check.found;
  EXPECT_TRUE(check.found.ends_with(
      StrCat("raise function.memory_mb to at least ", *remedy.memory_mb, " or workers to at least ", *remedy.workers)))
      << check.found;
}

TEST(PreflightLimits, WorkersAreLimitedByRowsAndFunctions) {
  JobSpec spec = Job();
  EXPECT_EQ(CheckWorkers(spec, 2).verdict, Verdict::kGood);
  EXPECT_EQ(CheckWorkers(spec, {}).verdict, Verdict::kGood);
  EXPECT_EQ(CheckWorkers(spec, 1).found, "2 workers for 1 training rows in s3://bucket/data: set workers to at most 1");
  spec.workers = 999;
  EXPECT_EQ(CheckWorkers(spec, {}).verdict, Verdict::kGood);
  spec.workers = 1000;
  EXPECT_EQ(CheckWorkers(spec, {}).found,
            "1000 and the trigger are more than the 1000 functions that run at once: set workers to at most 999");
  spec.workers = 1;
  spec.data = "s3://bucket/" + std::string(kAsyncPayloadBytesMax, 'x');
  EXPECT_EQ(CheckWorkers(spec, {}).verdict, Verdict::kWrong);
}

// Two workers' messages of three rounds, and the model.
TEST(PreflightLimits, RoomForRoundsAndTheModel) {
  EXPECT_EQ(CheckRoom(Job(), 1000, 10'000).verdict, Verdict::kGood);
  EXPECT_EQ(CheckRoom(Job(), 1000, 9'999).verdict, Verdict::kDoubtful);
  EXPECT_EQ(CheckRoom(Job(), 1000, 4'000).verdict, Verdict::kDoubtful);
  const Check wrong = CheckRoom(Job(), 1000, 3'999);
  EXPECT_EQ(wrong.verdict, Verdict::kWrong);
  EXPECT_EQ(wrong.found, "about 9.8 KiB of 3.9 KiB in file:///channel: make room there, or use another channel");
}

TEST(PreflightLimits, ThisMachine) {
  JobSpec spec = Job();
  spec.channel = "redis://host/x";
  EXPECT_EQ(CheckMachineFor(spec, 0).size(), 1U);
  EXPECT_EQ(CheckMachineFor(spec, 0)[0].verdict, Verdict::kGood);
  const std::vector<Check> checks = CheckMachineFor(spec, 1e15);
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(checks[1].what, "machine");
  EXPECT_EQ(checks[1].verdict, Verdict::kDoubtful);
  spec.channel = "file:///channel";
  spec.workers = 1'000'000'000;
  const std::vector<Check> many = CheckMachineFor(spec, 0);
  ASSERT_EQ(many.size(), 2U);
  EXPECT_EQ(many[0].verdict, Verdict::kWrong);
  EXPECT_TRUE(many[0].found.starts_with("7000000023 for 1000000000 workers, the limit is ")) << many[0].found;
  EXPECT_EQ(many[1].what, "file watches");
  EXPECT_EQ(many[1].verdict, Verdict::kDoubtful);
}

}  // namespace
}  // namespace lambdaml
