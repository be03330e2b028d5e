// SPDX-License-Identifier: Apache-2.0
#include "coordination/roster.h"

#include <gtest/gtest.h>

#include "coordination/job_state.h"
#include "storage/ops.h"
#include "storage/testing/scripted_store.h"
#include "storage/testing/virtual_clock.h"

namespace lambdaml {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = LeaseRecord::State;

// A job of three ranks whose lease time is 20 s: a holder lapses after 14 s.
class Rosters : public ::testing::Test {
 protected:
  Rosters() {
    job_.attempt = "1";
    job_.spec.name = "test";
    job_.spec.workers = 3;
    job_.spec.channel = "memory:";
    job_.spec.data = "memory:";
    job_.spec.output = "memory:";
  }

  RosterSetup SetupOf(const std::string& instance) {
    return {.leases = channel_,
            .records = records_,
            .clock = clock_,
            .invocation = job_,
            .checkpoint = [this] { return Result<std::int64_t>(head_); },
            .invoke =
                [this](std::span<const std::string> payloads) {
                  std::vector<Result<void>> results;
                  for (const std::string& payload : payloads) {
                    if (refusals_ > 0) {
                      --refusals_;
                      results.emplace_back(Error{Code::kUnavailable, "too many"});
                      continue;
                    }
                    invoked_.push_back(ParseJobInvocation(payload).value());
                    results.emplace_back();
                  }
                  return results;
                },
            .instance = instance};
  }

  void Put(std::int64_t rank, const LeaseRecord& record) {
    ASSERT_TRUE(Save(channel_.inner(), job_.LeaseKey(rank), AsBytes(ToJson(record))).ok());
  }
  std::optional<LeaseRecord> Stored(std::int64_t rank) {
    const Result<Blob> text = Load(channel_.inner(), job_.LeaseKey(rank));
    if (!text.ok()) return std::nullopt;
    return ParseLeaseRecord(text.value().text()).value();
  }
  Seen Look(Roster& roster, std::int64_t rank) { return roster.Look({&rank, 1}).value().front(); }
  Seen Mend(Roster& roster, std::int64_t rank) { return roster.Mend({&rank, 1}).value().front(); }

  VirtualClock clock_;
  ScriptedStore channel_{clock_};
  ScriptedStore records_{clock_};
  JobInvocation job_;
  std::int64_t head_ = 0;
  int refusals_ = 0;
  std::vector<JobInvocation> invoked_;
};

const LeaseRecord kAlive{.state = State::kHeld, .incarnation = 1, .holder = "a", .beats = 4};

TEST_F(Rosters, AllRanksAreSeenInOneLook) {
  Put(0, kAlive);
  Roster roster(SetupOf("w"));
  const std::vector<std::int64_t> ranks{kTriggerRank, 0, 1};
  const std::vector<Seen> all = roster.Look(ranks).value();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].rank, kTriggerRank);
  EXPECT_FALSE(all[0].record);
  EXPECT_EQ(all[1].record, kAlive);
  EXPECT_FALSE(all[2].record);
  EXPECT_EQ(channel_.Count("Get"), 1);
}

TEST_F(Rosters, AHolderLapsesWhenItHasNotChangedForTheLapse) {
  Put(1, kAlive);
  Roster roster(SetupOf("w"));
  EXPECT_FALSE(Look(roster, 1).lapsed);
  clock_.Advance(milliseconds(13'999));
  EXPECT_FALSE(Look(roster, 1).lapsed);
  clock_.Advance(milliseconds(1));
  EXPECT_TRUE(Look(roster, 1).lapsed);
  LeaseRecord beaten = kAlive;
  ++beaten.beats;
  Put(1, beaten);
  EXPECT_FALSE(Look(roster, 1).lapsed);
  clock_.Advance(seconds(14));
  EXPECT_TRUE(Look(roster, 1).lapsed);
}

TEST_F(Rosters, ALookThatTakesLongMakesNobodyLapse) {
  Put(1, kAlive);
  Roster roster(SetupOf("w"));
  channel_.before = [this](std::string_view, int) -> Result<void> {
    clock_.Advance(seconds(10));
    return {};
  };
  channel_.after = channel_.before;
  EXPECT_FALSE(Look(roster, 1).lapsed);
  EXPECT_FALSE(Look(roster, 1).lapsed);
  EXPECT_TRUE(Look(roster, 1).lapsed);
}

TEST_F(Rosters, WhoWasCalledHasTwiceTheLeaseTimeToCome) {
  Put(1, {.state = State::kCalled, .incarnation = 2, .holder = "w"});
  Roster roster(SetupOf("w"));
  EXPECT_FALSE(Look(roster, 0).lapsed);
  EXPECT_FALSE(Look(roster, 1).lapsed);
  clock_.Advance(milliseconds(39'999));
  EXPECT_FALSE(Look(roster, 0).lapsed);
  EXPECT_FALSE(Look(roster, 1).lapsed);
  clock_.Advance(milliseconds(1));
  EXPECT_TRUE(Look(roster, 0).lapsed);
  EXPECT_TRUE(Look(roster, 1).lapsed);
}

TEST_F(Rosters, WhoIsDoneNeverLapsesAndIsNeverReplaced) {
  Put(1, {.state = State::kDone, .holder = "a"});
  Roster roster(SetupOf("w"));
  EXPECT_FALSE(Look(roster, 1).lapsed);
  clock_.Advance(seconds(1000));
  const Seen seen = Look(roster, 1);
  EXPECT_FALSE(seen.lapsed);
  ASSERT_TRUE(roster.Replace(seen, "why").ok());
  EXPECT_TRUE(invoked_.empty());
}

TEST_F(Rosters, WhoWasDoneWhenTheChannelLostItIsNotCalledAgain) {
  Put(1, {.state = State::kDone, .holder = "a"});
  Roster roster(SetupOf("w"));
  EXPECT_FALSE(Look(roster, 1).lapsed);
  ASSERT_TRUE(Remove(channel_.inner(), job_.LeaseKey(1)).ok());
  EXPECT_FALSE(Mend(roster, 1).record);
  clock_.Advance(seconds(1000));
  EXPECT_FALSE(Mend(roster, 1).lapsed);
  EXPECT_TRUE(invoked_.empty());
}

TEST_F(Rosters, WhoHasLapsedIsCalledAgainAndNoted) {
  Put(2, kAlive);
  Roster roster(SetupOf("w"));
  EXPECT_FALSE(Mend(roster, 2).lapsed);
  clock_.Advance(seconds(14));
  EXPECT_TRUE(Mend(roster, 2).lapsed);
  EXPECT_EQ(*Stored(2),
            (LeaseRecord{.state = State::kCalled, .incarnation = 2, .failures = 1, .holder = "w", .beats = 1}));
  ASSERT_EQ(invoked_.size(), 1U);
  EXPECT_EQ(invoked_[0].part, JobInvocation::Part::kWorker);
  EXPECT_EQ(invoked_[0].rank, 2);
  EXPECT_EQ(invoked_[0].incarnation, 2);
  const std::vector<Failure> failures = FailuresOf(records_, job_).value();
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].rank, 2);
  EXPECT_EQ(failures[0].incarnation, 1);
  EXPECT_EQ(failures[0].error, "not heard of for 14.0 s");
  EXPECT_FALSE(Mend(roster, 2).lapsed);
  EXPECT_EQ(invoked_.size(), 1U);
}

TEST_F(Rosters, OfSeveralWatchersOneReplaces) {
  Put(2, kAlive);
  Roster one(SetupOf("w"));
  Roster other(SetupOf("v"));
  Look(one, 2);
  Look(other, 2);
  clock_.Advance(seconds(14));
  const Seen seen = Look(one, 2);
  EXPECT_TRUE(Mend(other, 2).lapsed);
  ASSERT_TRUE(one.Replace(seen, "why").ok());
  EXPECT_EQ(invoked_.size(), 1U);
  EXPECT_EQ(Stored(2)->holder, "v");
}

TEST_F(Rosters, WhoBeatsAtTheLastMomentIsNotReplaced) {
  Put(2, kAlive);
  Roster roster(SetupOf("w"));
  const Seen seen = Look(roster, 2);
  LeaseRecord beaten = kAlive;
  ++beaten.beats;
  Put(2, beaten);
  ASSERT_TRUE(roster.Replace(seen, "why").ok());
  EXPECT_EQ(*Stored(2), beaten);
  EXPECT_TRUE(invoked_.empty());
  EXPECT_TRUE(FailuresOf(records_, job_).value().empty());
}

TEST_F(Rosters, WhoNeverCameIsCalledAgain) {
  Roster roster(SetupOf("w"));
  Mend(roster, 0);
  clock_.Advance(seconds(40));
  Mend(roster, 0);
  EXPECT_EQ(Stored(0)->incarnation, 2);
  EXPECT_EQ(FailuresOf(records_, job_).value().at(0).error, "invoked, but not there after 40.0 s");
}

TEST_F(Rosters, WhatTheChannelHasLostIsRemembered) {
  Put(2, {.state = State::kHeld, .incarnation = 5, .failures = 1, .checkpoint = 3, .holder = "a"});
  head_ = 3;
  Roster roster(SetupOf("w"));
  Look(roster, 2);
  ASSERT_TRUE(Remove(channel_.inner(), job_.LeaseKey(2)).ok());
  Look(roster, 2);
  clock_.Advance(seconds(40));
  Mend(roster, 2);
  EXPECT_EQ(Stored(2)->incarnation, 6);
  EXPECT_EQ(Stored(2)->failures, 2);
}

TEST_F(Rosters, TooManyFailuresWithoutANewCheckpointEndTheJob) {
  job_.spec.recovery.attempts = 3;
  Roster roster(SetupOf("w"));
  Put(1, kAlive);
  ASSERT_TRUE(roster.Replace(Look(roster, 1), "killed by signal 9").ok());
  ASSERT_TRUE(roster.Replace(Look(roster, 1), "killed by signal 9").ok());
  EXPECT_EQ(Stored(1)->failures, 2);
  EXPECT_EQ(invoked_.size(), 2U);
  EXPECT_FALSE(AbortOf(records_, job_).value());
  ASSERT_TRUE(roster.Replace(Look(roster, 1), "killed by signal 9").ok());
  EXPECT_EQ(invoked_.size(), 2U);
  const std::optional<Error> aborted = AbortOf(records_, job_).value();
  ASSERT_TRUE(aborted);
  EXPECT_EQ(
      aborted->message,
      "worker 1: 3 functions in a row ended without a word and without a new checkpoint (killed by signal 9): see "
      "the failures in the report, or allow more recovery.attempts");
  EXPECT_EQ(FailuresOf(records_, job_).value().size(), 3U);
}

TEST_F(Rosters, ANewCheckpointMakesUpForFailures) {
  job_.spec.recovery.attempts = 2;
  Roster roster(SetupOf("w"));
  for (head_ = 0; head_ < 5; ++head_) ASSERT_TRUE(roster.Replace(Look(roster, 1), "gone").ok());
  EXPECT_EQ(invoked_.size(), 5U);
  EXPECT_EQ(Stored(1)->failures, 1);
  EXPECT_EQ(Stored(1)->checkpoint, 4);
  EXPECT_FALSE(AbortOf(records_, job_).value());
}

TEST_F(Rosters, TheTriggerIsReplacedToo) {
  Put(kTriggerRank, kAlive);
  Roster roster(SetupOf("w"));
  ASSERT_TRUE(roster.Replace(Look(roster, kTriggerRank), "gone").ok());
  ASSERT_EQ(invoked_.size(), 1U);
  EXPECT_EQ(invoked_[0].part, JobInvocation::Part::kTrigger);
  EXPECT_EQ(invoked_[0].incarnation, 2);
  EXPECT_EQ(FailuresOf(records_, job_).value().at(0).rank, kTriggerRank);
}

TEST_F(Rosters, AnInvocationThatIsRefusedIsTriedAgainAndThenLeftToTheNextLapse) {
  Put(2, kAlive);
  Roster roster(SetupOf("w"));
  refusals_ = 2;
  ASSERT_TRUE(roster.Replace(Look(roster, 2), "gone").ok());
  EXPECT_EQ(invoked_.size(), 1U);
  refusals_ = 1000;
  ASSERT_TRUE(roster.Replace(Look(roster, 2), "gone").ok());
  EXPECT_EQ(invoked_.size(), 1U);
  EXPECT_EQ(Stored(2)->state, State::kCalled);
  EXPECT_EQ(Stored(2)->incarnation, 3);
  EXPECT_EQ(FailuresOf(records_, job_).value().size(), 2U);
}

TEST_F(Rosters, WhoThePlatformSaysHasEndedIsReplacedAtOnce) {
  Put(0, kAlive);
  Put(1, {.state = State::kHeld, .holder = "b"});
  Put(2, {.state = State::kCalled, .incarnation = 2, .holder = "c"});
  Roster roster(SetupOf("w"));
  EXPECT_TRUE(roster.Ended("b", "killed by signal 9").value());
  EXPECT_EQ(Stored(1)->incarnation, 2);
  EXPECT_EQ(*Stored(0), kAlive);
  EXPECT_FALSE(roster.Ended("b", "killed by signal 9").value());
  EXPECT_FALSE(roster.Ended("c", "killed by signal 9").value());
  EXPECT_EQ(invoked_.size(), 1U);
}

TEST_F(Rosters, ADamagedLeaseIsNamed) {
  ASSERT_TRUE(Save(channel_.inner(), job_.LeaseKey(2), AsBytes("{}")).ok());
  Roster roster(SetupOf("w"));
  const std::int64_t rank = 2;
  const Error error = roster.Look({&rank, 1}).error();
  EXPECT_EQ(error.code, Code::kInvalid);
  EXPECT_EQ(error.message, "records/test/1/lease/2: lease: 'state' is missing");
}

}  // namespace
}  // namespace lambdaml
