// SPDX-License-Identifier: Apache-2.0
#include "worker/voter.h"

#include <gtest/gtest.h>

#include "storage/ops.h"
#include "storage/testing/scripted_store.h"
#include "storage/testing/virtual_clock.h"
#include "worker/stop_rule.h"

namespace lambdaml {
namespace {

using namespace std::chrono_literals;

class VoterTest : public ::testing::Test {
 protected:
  VoterTest() { spec_.recovery.checkpoint_s = 1000; }

  // Of a function that has 100 s.
  Voter Make(std::int64_t rank = 0, const SpentBefore& before = {}) {
    return Voter({.spec = spec_,
                  .rank = rank,
                  .clock = clock_,
                  .began = clock_.Now() - 10s,
                  .deadline = clock_.Now() + 100s,
                  .channel = channel_,
                  .meter = meter_,
                  .stop_key = Key("stop"),
                  .checkpoint_open = checkpoint_open_,
                  .before = before});
  }

  std::int64_t VoteAfter(Voter& voter, Clock::Duration round) {
    clock_.Advance(round);
    return voter.Vote();
  }

  // How long rounds of `round` go on until there is such a vote.
  Clock::Duration TimeUntil(Voter& voter, std::int64_t kind, Clock::Duration round) {
    const Clock::Time begin = clock_.Now();
    while (!Holds(VoteAfter(voter, round), kind) && clock_.Now() < begin + 1h) {
    }
    return clock_.Now() - begin;
  }

  VirtualClock clock_;
  ScriptedStore channel_{clock_};
  StoreMeter meter_;
  JobSpec spec_;
  std::atomic<bool> checkpoint_open_ = false;
};

// Four rounds of the longest, half a second of last words and half of the unforeseen before the end of 100 s.
TEST_F(VoterTest, EveryRankHandsOverBeforeItsDeadline) {
  for (const std::int64_t rank : {0, 3}) {
    Voter voter = Make(rank);
    EXPECT_EQ(TimeUntil(voter, kVoteHandOver, 2s), 92s) << rank;
  }
}

// The time until the first vote is a round, too: with what was loaded late, or seeded.
TEST_F(VoterTest, TheFirstRoundCountsAsALongOne) {
  Voter voter = Make(1);
  EXPECT_EQ(VoteAfter(voter, 12s), 0);
  EXPECT_EQ(TimeUntil(voter, kVoteHandOver, 1s), 40s);
}

TEST_F(VoterTest, LeavesTimeToWriteACheckpoint) {
  Voter voter = Make(1);
  voter.WroteCheckpoint(30s);
  voter.WroteCheckpoint(10s);
  EXPECT_EQ(TimeUntil(voter, kVoteHandOver, 2s), 62s);
}

TEST_F(VoterTest, OnlyRankZeroLooksForTheStopKey) {
  ASSERT_TRUE(Save(channel_.inner(), Key("stop"), {}).ok());
  Voter other = Make(1);
  EXPECT_EQ(VoteAfter(other, 1s), 0);
  EXPECT_EQ(channel_.Count("Get"), 0);
  Voter first = Make(0);
  EXPECT_EQ(VoteAfter(first, 1s), kVoteStop);
  EXPECT_EQ(VoteAfter(first, 1ms), kVoteStop);  // what was seen once stays
  EXPECT_EQ(channel_.Count("Get"), 1);
}

TEST_F(VoterTest, LooksRarelyWhereLooksAreBilled) {
  Voter often = Make();
  for (int round = 0; round < 100; ++round) EXPECT_EQ(VoteAfter(often, 100ms), 0);
  EXPECT_EQ(channel_.Count("Get"), 50);
  channel_.own_limits().waits_natively = false;
  Voter rarely = Make();
  for (int round = 0; round < 100; ++round) EXPECT_EQ(VoteAfter(rarely, 100ms), 0);
  EXPECT_EQ(channel_.Count("Get"), 52);
}

TEST_F(VoterTest, AChannelThatFailsIsNoReasonToStop) {
  channel_.before = [](std::string_view, int) { return Error{Code::kUnavailable, "gone"}; };
  Voter voter = Make();
  EXPECT_EQ(VoteAfter(voter, 1s), 0);
}

TEST_F(VoterTest, TheLimitInTimeIsOfAllFunctions) {
  spec_.stop.seconds = 50;
  Voter first = Make(1);
  EXPECT_EQ(TimeUntil(first, kVoteSeconds, 1s), 50s);
  Voter second = Make(1, {.trained_s = 30});
  EXPECT_EQ(TimeUntil(second, kVoteSeconds, 1s), 20s);
}

// A quarter of the budget is a rank's, for 60 s of its function; 10 s have gone already, and 4 s are to be left.
TEST_F(VoterTest, TheBudgetIsOfAllFunctions) {
  const double second = FunctionDollarsPerSecond(spec_.function.memory_mb);
  spec_.workers = 4;
  spec_.stop.dollars = 4 * 60.5 * second;
  Voter first = Make(1);
  EXPECT_EQ(TimeUntil(first, kVoteDollars, 1s), 47s);
  Voter second_one = Make(1, {.billed_s = 15, .channel_dollars = 5 * second});
  EXPECT_EQ(TimeUntil(second_one, kVoteDollars, 1s), 27s);
  meter_.Add({.dollars = 20 * second});
  Voter third = Make(1);
  EXPECT_EQ(TimeUntil(third, kVoteDollars, 1s), 27s);
}

TEST_F(VoterTest, RankZeroSaysWhenACheckpointIsDue) {
  spec_.recovery.checkpoint_s = 20;
  Voter voter = Make();
  Voter other = Make(2);
  EXPECT_EQ(TimeUntil(voter, kVoteCheckpoint, 1s), 20s);
  EXPECT_FALSE(Holds(other.Vote(), kVoteCheckpoint));
  EXPECT_EQ(VoteAfter(voter, 1s), kVoteCheckpoint);
  voter.TookCheckpoint();
  EXPECT_EQ(TimeUntil(voter, kVoteCheckpoint, 1s), 20s);
}

TEST_F(VoterTest, ManyRoundsOrBytesMakeACheckpointDue) {
  Voter voter = Make();
  EXPECT_EQ(TimeUntil(voter, kVoteCheckpoint, 1ms), 128ms);
  voter.TookCheckpoint();
  meter_.Add({.bytes_written = (128U << 20U) - 1});
  EXPECT_EQ(VoteAfter(voter, 1ms), 0);
  meter_.Add({.bytes_written = 1});
  EXPECT_EQ(VoteAfter(voter, 1ms), kVoteCheckpoint);
  voter.TookCheckpoint();
  EXPECT_EQ(VoteAfter(voter, 1ms), 0);
}

TEST_F(VoterTest, OneCheckpointAtATime) {
  spec_.recovery.checkpoint_s = 5;
  checkpoint_open_ = true;
  Voter voter = Make();
  EXPECT_EQ(VoteAfter(voter, 6s), 0);
  checkpoint_open_ = false;
  EXPECT_EQ(VoteAfter(voter, 1ms), kVoteCheckpoint);
}

}  // namespace
}  // namespace lambdaml
