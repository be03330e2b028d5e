// SPDX-License-Identifier: Apache-2.0
// The trigger inside a function of the local platform, with workers whose job's name says how rank 1 ends.
#include "platform/trigger.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "job/report.h"
#include "platform/function_error.h"
#include "platform/platform.h"

namespace lambdaml {
namespace {

class TriggerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/trigger-XXXXXX";
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override {
    platform_.reset();
    std::filesystem::remove_all(folder_);
  }

  // What the trigger of a job of that name returns.
  Outcome Run(const std::string& name, std::int64_t timeout_s, const std::string& channel = "") {
    JobInvocation invocation;
    invocation.attempt = "a1";
    invocation.spec.name = name;
    invocation.spec.data = invocation.spec.output = "unused";
    invocation.spec.channel = channel.empty() ? "file://" + folder_ : channel;
    invocation.spec.workers = 3;
    invocation.spec.function = {.memory_mb = 256, .timeout_s = timeout_s};
    platform_ =
        OpenPlatform("local", {.environment = Environment(), .bootstrap = LAMBDAML_TEST_FUNCTION, .clock = clock_})
            .value();
    EXPECT_TRUE(platform_->Deploy(invocation.spec.function, [](const LogLine&) {}).ok());
    Result<Outcome> outcome = platform_->Invoke(ToJson(invocation));
    EXPECT_TRUE(outcome.ok());
    return outcome.ok() ? std::move(outcome).value() : Outcome{};
  }

  // How the workers failed, as the trigger's error tells it.
  static std::vector<Failure> FailuresIn(const FunctionError& error) {
    std::vector<Failure> failures;
    for (const std::string& line : error.trace) failures.push_back(ParseFailure(line).value());
    return failures;
  }

  SystemClock clock_;
  std::string folder_;
  std::unique_ptr<Platform> platform_;
};

TEST_F(TriggerTest, ReportsComeBackInRankOrder) {
  const Outcome outcome = Run("fine", 60);
  EXPECT_EQ(outcome.function_error, "");
  EXPECT_EQ(outcome.payload, R"([{"rank":0},{"rank":1},{"rank":2}])");
}

TEST_F(TriggerTest, ErrorOfAWorkerIsTheJobsErrorAndEndsTheOthers) {
  // The others wait for the abort for as long as they may live; the test ends because it reaches them.
  const Outcome outcome = Run("fails", 900);
  EXPECT_EQ(outcome.function_error, "Unhandled");
  const FunctionError error = ParseFunctionError(outcome.payload);
  EXPECT_EQ(error.type, "invalid");
  EXPECT_EQ(error.message, "worker 1: row 17 is bad");
  const std::vector<Failure> failures = FailuresIn(error);
  ASSERT_EQ(failures.size(), 3U);
  EXPECT_EQ(failures[0].rank, 1);
  EXPECT_EQ(failures[0].error, "row 17 is bad");
  EXPECT_EQ(failures[0].last_calls, std::vector<std::string>{"round 1 of rank 1"});
  EXPECT_EQ(failures[1].error, "aborted: worker 1: row 17 is bad");
  EXPECT_EQ(failures[2].last_calls, std::vector<std::string>{StrCat("round 1 of rank ", failures[2].rank)});
}

TEST_F(TriggerTest, WorkerThatIsKilledEndsTheJobWithItsLog) {
  const Outcome outcome = Run("dies", 900);
  const FunctionError error = ParseFunctionError(outcome.payload);
  EXPECT_EQ(error.type, "internal");
  EXPECT_TRUE(error.message.starts_with("worker 1: RequestId: ")) << error.message;
  EXPECT_NE(error.message.find("signal: killed"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("rank 1 is here"), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find("rank 0"), std::string::npos) << "only the cause is told";
  const std::vector<Failure> failures = FailuresIn(error);
  ASSERT_EQ(failures.size(), 3U);
  EXPECT_EQ(failures[0].rank, 1);
  EXPECT_TRUE(failures[0].last_calls.empty());
  EXPECT_EQ(failures[1].last_calls.size(), 1U) << "what the others did is kept";
}

TEST_F(TriggerTest, AnswersBeforeItsOwnTimeIsOver) {
  const Outcome outcome = Run("hangs", 1);
  const FunctionError error = ParseFunctionError(outcome.payload);
  EXPECT_EQ(error.type, "timeout") << error.message;
  EXPECT_NE(error.message.find("function.timeout_s (1) was over"), std::string::npos) << error.message;
}

TEST_F(TriggerTest, ChannelThatCannotBeOpenedIsSaidBeforeAnyWorkerStarts) {
  const Outcome outcome = Run("fine", 60, "nowhere://x");
  const FunctionError error = ParseFunctionError(outcome.payload);
  EXPECT_EQ(error.type, "invalid");
  EXPECT_NE(error.message.find("nowhere"), std::string::npos) << error.message;
  EXPECT_EQ(outcome.log_tail.find("starting"), std::string::npos);
}

}  // namespace
}  // namespace lambdaml
