// SPDX-License-Identifier: Apache-2.0
#include "coordination/job_state.h"

#include <gtest/gtest.h>

#include <thread>

#include "storage/ops.h"
#include "storage/registry.h"

namespace lambdaml {
namespace {

using std::chrono::hours;

class JobState : public ::testing::Test {
 protected:
  JobState() {
    job_.attempt = "1";
    job_.spec.name = "test";
    job_.spec.workers = 2;
  }

  void Report(std::int64_t rank, std::int64_t rounds) {
    job_.rank = rank;
    WorkerReport report;
    report.rank = rank;
    report.rounds = rounds;
    ASSERT_TRUE(PutReport(*store_, job_, report).ok());
  }

  SystemClock clock_;
  std::unique_ptr<Store> store_ = OpenStore("memory:", {.clock = clock_}).value();
  JobInvocation job_;
};

TEST_F(JobState, AJobIsOpenOnceItWasOpened) {
  EXPECT_FALSE(IsOpen(*store_, job_).value());
  ASSERT_TRUE(OpenJob(*store_, job_).ok());
  EXPECT_TRUE(IsOpen(*store_, job_).value());
  job_.attempt = "2";
  EXPECT_FALSE(IsOpen(*store_, job_).value());
}

TEST_F(JobState, TheFirstReasonOfAnAbortStaysWithItsCode) {
  EXPECT_FALSE(AbortOf(*store_, job_).value());
  ASSERT_TRUE(AbortJob(*store_, job_, {Code::kTimeout, "worker 1: \"too late\""}).ok());
  ASSERT_TRUE(AbortJob(*store_, job_, {Code::kInvalid, "a consequence"}).ok());
  const std::optional<Error> why = AbortOf(*store_, job_).value();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, Code::kTimeout);
  EXPECT_EQ(why->message, "worker 1: \"too late\"");
}

TEST_F(JobState, EveryCodeOfAnAbortIsKept) {
  for (const Code code :
       {Code::kNotFound, Code::kConflict, Code::kUnavailable, Code::kTimeout, Code::kInvalid, Code::kInternal}) {
    job_.attempt = Name(code);
    ASSERT_TRUE(AbortJob(*store_, job_, {code, "why"}).ok());
    EXPECT_EQ(AbortOf(*store_, job_).value()->code, code);
  }
}

TEST_F(JobState, AnAbortThatCannotBeReadIsOneAllTheSame) {
  ASSERT_TRUE(Save(*store_, job_.AbortKey(), AsBytes("stop!")).ok());
  EXPECT_EQ(AbortOf(*store_, job_).value()->code, Code::kInvalid);
}

TEST_F(JobState, FailuresAreToldByRankAndIncarnation) {
  EXPECT_TRUE(FailuresOf(*store_, job_).value().empty());
  for (const auto& [rank, incarnation] : {std::pair(2, 1), {0, 10}, {-1, 1}, {0, 9}, {10, 1}}) {
    const Failure failure{.rank = rank, .incarnation = incarnation, .error = "killed", .last_calls = {"all-reduce 3"}};
    ASSERT_TRUE(PutFailure(*store_, job_, failure).ok());
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> order;
  for (const Failure& failure : FailuresOf(*store_, job_).value()) {
    order.emplace_back(failure.rank, failure.incarnation);
    EXPECT_EQ(failure.error, "killed");
    EXPECT_EQ(failure.last_calls, std::vector<std::string>{"all-reduce 3"});
  }
  EXPECT_EQ(order, (std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 9}, {0, 10}, {2, 1}, {10, 1}, {-1, 1}}));
}

// The incarnation itself may have known better than who finds it gone.
TEST_F(JobState, TheFirstWordAboutAFailureStays) {
  ASSERT_TRUE(PutFailure(*store_, job_, {.rank = 1, .error = "shard 3 is cut off", .last_calls = {}}).ok());
  ASSERT_TRUE(PutFailure(*store_, job_, {.rank = 1, .error = "not heard of", .last_calls = {}}).ok());
  const std::vector<Failure> failures = FailuresOf(*store_, job_).value();
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].error, "shard 3 is cut off");
}

TEST_F(JobState, TheEndIsThereWhenAllReportsAre) {
  Report(1, 7);
  const JobEnd early = AwaitEnd(*store_, job_, clock_.Now(), nullptr).value();
  EXPECT_FALSE(early.aborted);
  EXPECT_TRUE(early.reports.empty());
  Report(0, 7);
  Report(0, 8);
  const JobEnd end = AwaitEnd(*store_, job_, clock_.Now() + hours(1), nullptr).value();
  EXPECT_FALSE(end.aborted);
  ASSERT_EQ(end.reports.size(), 2U);
  EXPECT_EQ(end.reports[0].rank, 0);
  EXPECT_EQ(end.reports[0].rounds, 7);
  EXPECT_EQ(end.reports[1].rank, 1);
}

TEST_F(JobState, AnAbortEndsTheWait) {
  Report(1, 7);
  std::jthread other([this] { EXPECT_TRUE(AbortJob(*store_, job_, {Code::kInternal, "why"}).ok()); });
  const JobEnd end = AwaitEnd(*store_, job_, clock_.Now() + hours(1), nullptr).value();
  ASSERT_TRUE(end.aborted);
  EXPECT_EQ(end.aborted->message, "why");
  EXPECT_TRUE(end.reports.empty());
}

TEST_F(JobState, ACancelledWaitEnds) {
  const std::atomic<bool> cancelled = true;
  EXPECT_TRUE(AwaitEnd(*store_, job_, clock_.Now() + hours(1), &cancelled).value().reports.empty());
}

TEST_F(JobState, DamagedRecordsAreErrors) {
  Report(0, 1);
  ASSERT_TRUE(Save(*store_, job_.ReportKey(1), AsBytes("{}")).ok());
  EXPECT_EQ(AwaitEnd(*store_, job_, clock_.Now() + hours(1), nullptr).error().code, Code::kInvalid);
  ASSERT_TRUE(Save(*store_, job_.FailurePrefix() / "0001.0001", AsBytes("[")).ok());
  EXPECT_EQ(FailuresOf(*store_, job_).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace lambdaml
