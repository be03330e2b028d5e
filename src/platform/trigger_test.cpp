// SPDX-License-Identifier: Apache-2.0
// The trigger with functions that are only written down, over a store in memory.
#include "platform/trigger.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "base/text.h"
#include "coordination/job_state.h"
#include "coordination/lease.h"
#include "coordination/roster.h"
#include "storage/registry.h"

namespace lambdaml {
namespace {

using namespace std::chrono_literals;

class NoLog final : public Log {
 public:
  void Line(std::string_view /*line*/) override {}
};

class TriggerTest : public ::testing::Test {
 protected:
  TriggerTest() {
    job_.attempt = "a1";
    job_.spec.name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    job_.spec.data = job_.spec.output = "unused";
    job_.spec.channel = "memory://trigger";
    job_.spec.workers = 3;
    job_.spec.recovery.lease_s = 0.5;
    store_ = OpenStore(job_.spec.channel, {.clock = clock_}).value();
    EXPECT_TRUE(OpenJob(*store_, job_).ok());
  }

  Result<std::string> Run(Clock::Duration time = 30s) {
    const Clock::Time now = clock_.Now();
    const FunctionRuntime runtime{
        .clock = clock_,
        .log = log_,
        .open_store = [this](std::string_view url, StoreMeter* /*meter*/) { return OpenStore(url, {.clock = clock_}); },
        .make_background = MakeBackground,
        .invoke = [this](std::span<const std::string> payloads) { return Invoked(payloads); },
        .instance = "trigger",
        .arrived = now,
        .deadline = now + time};
    return RunTrigger(job_, runtime);
  }

  // What is invoked later is refused while `refusals` are left.
  std::vector<Result<void>> Invoked(std::span<const std::string> payloads) {
    const std::lock_guard lock(mutex_);
    std::vector<Result<void>> results(payloads.size());
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      if (refusals_ > 0) {
        --refusals_;
        results[i] = Error{Code::kUnavailable, "Rate Exceeded"};
        continue;
      }
      invoked_.push_back(ParseJobInvocation(payloads[i]).value());
      if (on_invoked_) on_invoked_(invoked_.back());
    }
    return results;
  }

  // A worker that has nothing to do.
  void ReportOf(const JobInvocation& worker) {
    WorkerReport report;
    report.rank = worker.rank;
    EXPECT_TRUE(PutReport(*store_, worker, report).ok());
  }

  SystemClock clock_;
  NoLog log_;
  JobInvocation job_;
  std::unique_ptr<Store> store_;
  std::mutex mutex_;
  std::vector<JobInvocation> invoked_;
  std::function<void(const JobInvocation&)> on_invoked_;
  int refusals_ = 0;
};

TEST_F(TriggerTest, InvokesEveryWorkerAndEndsWithTheJob) {
  on_invoked_ = [this](const JobInvocation& worker) { ReportOf(worker); };
  EXPECT_EQ(Run().value(), "the job has ended");
  ASSERT_EQ(invoked_.size(), 3U);
  for (std::int64_t rank = 0; rank < 3; ++rank) {
    const JobInvocation& worker = invoked_[static_cast<std::size_t>(rank)];
    EXPECT_EQ(worker.part, JobInvocation::Part::kWorker);
    EXPECT_EQ(worker.rank, rank);
    EXPECT_EQ(worker.incarnation, 1);
    EXPECT_EQ(worker.attempt, "a1");
  }
}

TEST_F(TriggerTest, TriesAgainWhatIsThrottled) {
  refusals_ = 4;
  on_invoked_ = [this](const JobInvocation& worker) { ReportOf(worker); };
  EXPECT_EQ(Run().value(), "the job has ended");
  EXPECT_EQ(invoked_.size(), 3U);
}

TEST_F(TriggerTest, EndsWithAJobThatFails) {
  on_invoked_ = [this](const JobInvocation& worker) {
    EXPECT_TRUE(AbortJob(*store_, worker, {Code::kInvalid, "row 17 is bad"}).ok());
  };
  EXPECT_EQ(Run().value(), "the job has ended");
}

TEST_F(TriggerTest, ASecondDeliveryFindsTheTriggerAtWork) {
  const auto lease = Lease::Take(
      {.store = *store_, .clock = clock_, .key = job_.LeaseKey(kTriggerRank), .time = 10s, .holder = "another"});
  ASSERT_TRUE(lease.ok());
  const Result<std::string> note = Run();
  ASSERT_TRUE(note.ok()) << note.error().message;
  EXPECT_NE(note.value().find("another"), std::string::npos) << note.value();
  EXPECT_TRUE(invoked_.empty());
}

TEST_F(TriggerTest, AJobThatIsOverIsNotBegunAgain) {
  const Key open = job_.OpenKey();
  ASSERT_TRUE(store_->Delete({&open, 1}).ok());
  EXPECT_EQ(Run().value(), "the job is over");
  EXPECT_TRUE(invoked_.empty());
}

TEST_F(TriggerTest, HandsOverBeforeItsTimeIsOver) {
  EXPECT_EQ(Run(1s).value(), "handed over to another trigger");
  ASSERT_EQ(invoked_.size(), 4U);
  EXPECT_EQ(invoked_.back().part, JobInvocation::Part::kTrigger);
  EXPECT_EQ(invoked_.back().incarnation, 2);
}

// Nobody beats: each rank is called three times, then the job fails.
TEST_F(TriggerTest, ReplacesWhoIsGoneAndGivesUpAtLast) {
  job_.spec.recovery.attempts = 2;
  on_invoked_ = [this](const JobInvocation& worker) {
    const auto lease = Lease::Take({.store = *store_,
                                    .clock = clock_,
                                    .key = worker.LeaseKey(worker.rank),
                                    .time = 500ms,
                                    .incarnation = worker.incarnation,
                                    .holder = StrCat("of ", worker.rank, ", ", worker.incarnation)});
    EXPECT_TRUE(lease.ok());
  };
  EXPECT_EQ(Run().value(), "the job has ended");
  const auto aborted = AbortOf(*store_, job_).value();
  ASSERT_TRUE(aborted.has_value());
  EXPECT_NE(aborted->message.find("worker "), std::string::npos) << aborted->message;
  EXPECT_GE(invoked_.size(), 4U);
  EXPECT_FALSE(FailuresOf(*store_, job_).value().empty());
}

TEST_F(TriggerTest, AChannelThatCannotBeOpenedIsSaidBeforeAnyWorkerStarts) {
  job_.spec.channel = "nowhere://x";
  const Result<std::string> note = Run();
  ASSERT_FALSE(note.ok());
  EXPECT_NE(note.error().message.find("nowhere"), std::string::npos) << note.error().message;
  EXPECT_TRUE(invoked_.empty());
}

}  // namespace
}  // namespace lambdaml
