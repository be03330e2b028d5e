// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every platform promises, as tests. A platform's own test is one line:
//
//   INSTANTIATE_TEST_SUITE_P(Local, PlatformConformance, ::testing::Values(PlatformMaker{"local", OpenForTest}));
//
// The function that it deploys is the one in platform/local/testing/, which does what its event says.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "platform/function_error.h"
#include "platform/lambda_client.h"
#include "platform/platform.h"

namespace lambdaml {

struct PlatformMaker {
  std::string name;
  std::unique_ptr<Platform> (*open)();
};

// The lines that a function prints.
class CollectedLog {
 public:
  LogSink Sink() {
    return [this](const LogLine& line) {
      const std::lock_guard lock(mutex_);
      lines_.push_back(line);
    };
  }
  std::vector<LogLine> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  bool Has(std::string_view part) const {
    for (const LogLine& line : lines()) {
      if (line.text.find(part) != std::string::npos) return true;
    }
    return false;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<LogLine> lines_;
};

class PlatformConformance : public ::testing::TestWithParam<PlatformMaker> {
 protected:
  PlatformConformance() : platform_(GetParam().open()) {}
  void Deploy() {
    const Result<void> deployed = platform_->Deploy({.memory_mb = 256, .timeout_s = 30}, log_.Sink());
    ASSERT_TRUE(deployed.ok()) << deployed.error().message;
  }
  // A call that must succeed.
  Outcome Invoke(std::string_view payload) {
    Result<Outcome> outcome = platform_->Invoke(payload);
    EXPECT_TRUE(outcome.ok()) << outcome.error().message;
    return outcome.ok() ? std::move(outcome).value() : Outcome{};
  }

  CollectedLog log_;  // outlives the platform
  std::unique_ptr<Platform> platform_;
};

TEST_P(PlatformConformance, ResultComesBackAsItIs) {
  Deploy();
  for (const std::string payload : {R"({"do":"echo","text":"ü \" \\ \n"})", "{}"}) {
    const Outcome outcome = Invoke(payload);
    EXPECT_EQ(outcome.payload, payload);
    EXPECT_EQ(outcome.function_error, "");
  }
}

TEST_P(PlatformConformance, LargestPayloadPassesAndALargerOneIsRefused) {
  Deploy();
  std::string payload = R"({"do":"echo","text":")";
  payload += std::string(kSyncPayloadBytesMax - payload.size() - 2, 'x') + "\"}";
  const Outcome outcome = Invoke(payload);
  EXPECT_EQ(outcome.function_error, "");
  EXPECT_TRUE(outcome.payload == payload);
  payload.insert(payload.size() - 2, "x");
  const Result<Outcome> refused = platform_->Invoke(payload);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kInvalid) << refused.error().message;
}

TEST_P(PlatformConformance, ErrorOfTheFunctionIsAnOutcome) {
  Deploy();
  const Outcome outcome = Invoke(R"({"do":"fail","message":"row 17 is bad"})");
  EXPECT_EQ(outcome.function_error, "Unhandled");
  const FunctionError error = ParseFunctionError(outcome.payload);
  EXPECT_EQ(error.message, "row 17 is bad");
  EXPECT_EQ(error.type, "invalid");
}

TEST_P(PlatformConformance, WhatIsPrintedArrivesBeforeTheResult) {
  Deploy();
  const Outcome first = Invoke(R"({"print":"one\ntwo"})");
  EXPECT_TRUE(log_.Has("one"));
  EXPECT_TRUE(log_.Has("two"));
  EXPECT_FALSE(log_.lines().front().instance.empty());
  EXPECT_NE(first.log_tail.find("\none\ntwo\n"), std::string::npos) << first.log_tail;
  const Outcome second = Invoke(R"({"print":"three"})");
  EXPECT_EQ(second.log_tail.find("one"), std::string::npos) << "the tail is of one invocation";
  EXPECT_NE(second.log_tail.find("three\n"), std::string::npos);
}

TEST_P(PlatformConformance, LogTailIsTheLastFourKilobytes) {
  Deploy();
  const Outcome outcome = Invoke(StrCat(R"({"print":")", std::string(10000, 'x'), R"(\nend"})"));
  EXPECT_EQ(outcome.log_tail.size(), 4096U);
  EXPECT_NE(outcome.log_tail.find("xx\nend\n"), std::string::npos);
}

TEST_P(PlatformConformance, ProcessThatEndsIsAFunctionErrorAndTheNextCallWorks) {
  Deploy();
  const Outcome outcome = Invoke(R"({"print":"last words","do":"exit","status":3})");
  EXPECT_EQ(outcome.function_error, "Unhandled");
  const FunctionError error = ParseFunctionError(outcome.payload);
  EXPECT_EQ(error.type, "Runtime.ExitError");
  EXPECT_NE(error.message.find("exit status 3"), std::string::npos) << error.message;
  EXPECT_NE(outcome.log_tail.find("last words"), std::string::npos);
  EXPECT_EQ(Invoke("{}").function_error, "");
}

TEST_P(PlatformConformance, CallsFromSeveralThreadsRunAtTheSameTime) {
  Deploy();
  // Every call waits for a file that the next one writes; the last file is there at the end only if all ran together.
  const std::string folder = testing::TempDir() + "/" + GetParam().name + "-chain-" + std::to_string(getpid());
  constexpr int kCalls = 4;
  {
    std::vector<std::jthread> calls;
    calls.reserve(kCalls);
    for (int i = 0; i < kCalls; ++i) {
      calls.emplace_back([&, i] {
        const std::string event = StrCat(R"({"do":"await","touch":")", folder, "/", i, R"(","file":")", folder, "/",
                                         (i + 1) % kCalls, R"("})");
        EXPECT_EQ(Invoke(event).function_error, "");
      });
    }
  }
  std::filesystem::remove_all(folder);
}

TEST_P(PlatformConformance, DestroyedFunctionIsGoneAndMayBeDeployedAgain) {
  EXPECT_EQ(platform_->Invoke("{}").error().code, Code::kInvalid);
  EXPECT_TRUE(platform_->Destroy().ok());
  Deploy();
  EXPECT_EQ(Invoke("{}").function_error, "");
  EXPECT_TRUE(platform_->Destroy().ok());
  EXPECT_EQ(platform_->Invoke("{}").error().code, Code::kInvalid);
  Deploy();
  EXPECT_EQ(Invoke("{}").function_error, "");
}

}  // namespace lambdaml
