// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

namespace lambdaml {
namespace {

using Woken = Interrupts::Woken;
constexpr std::chrono::seconds kLong{60};

TEST(Interrupts, ASignalIsReportedAndDoesNotEndTheProcess) {
  Interrupts interrupts = Interrupts::Begin().value();
  EXPECT_EQ(interrupts.Wait({}), Woken::kByTime);
  ASSERT_EQ(::kill(::getpid(), SIGINT), 0);
  EXPECT_EQ(interrupts.Wait(kLong), Woken::kBySignal);
  EXPECT_EQ(interrupts.Wait({}), Woken::kByTime);
}

TEST(Interrupts, ACallEndsAWait) {
  Interrupts interrupts = Interrupts::Begin().value();
  const std::jthread other([&interrupts] { interrupts.Wake(); });
  EXPECT_EQ(interrupts.Wait(kLong), Woken::kByCall);
}

TEST(Interrupts, ASignalThatNobodyAskedForGoesWithThem) {
  {
    const Interrupts interrupts = Interrupts::Begin().value();
    ASSERT_EQ(::kill(::getpid(), SIGTERM), 0);
  }
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGTERM), 0);
}

}  // namespace
}  // namespace lambdaml
