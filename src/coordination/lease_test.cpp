// SPDX-License-Identifier: Apache-2.0
#include "coordination/lease.h"

#include <gtest/gtest.h>

#include "storage/layers/retry.h"
#include "storage/ops.h"
#include "storage/testing/scripted_store.h"
#include "storage/testing/virtual_clock.h"

namespace lambdaml {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = LeaseRecord::State;

const Key kKey("jobs/test/1/lease/2");

class Leases : public ::testing::Test {
 protected:
  LeaseClaim Claim(std::int64_t incarnation, const std::string& holder, const ProtocolSteps& steps = {}) {
    return {.store = store_,
            .clock = clock_,
            .key = kKey,
            .time = seconds(20),
            .incarnation = incarnation,
            .holder = holder,
            .steps = steps};
  }

  std::unique_ptr<Lease> Take(std::int64_t incarnation, const std::string& holder, const ProtocolSteps& steps = {}) {
    Result<std::unique_ptr<Lease>> lease = Lease::Take(Claim(incarnation, holder, steps));
    EXPECT_TRUE(lease.ok()) << (lease.ok() ? "" : lease.error().message);
    return lease.ok() ? std::move(lease).value() : nullptr;
  }

  Error Refused(std::int64_t incarnation, const std::string& holder) {
    const Result<std::unique_ptr<Lease>> lease = Lease::Take(Claim(incarnation, holder));
    EXPECT_FALSE(lease.ok());
    return lease.ok() ? Error{} : lease.error();
  }

  void Put(const LeaseRecord& record) { ASSERT_TRUE(Save(store_.inner(), kKey, AsBytes(ToJson(record))).ok()); }

  // Puts take effect and are said to have failed.
  void LoseAnswers() {
    store_.after = [](std::string_view name, int) -> Result<void> {
      return name == "Put" ? Result<void>(Error{Code::kUnavailable, "cut off"}) : Result<void>();
    };
  }

  LeaseRecord Stored() { return ParseLeaseRecord(Load(store_.inner(), kKey).value().text()).value(); }

  VirtualClock clock_;
  ScriptedStore store_{clock_};
};

TEST(LeaseTime, IsAtMostAQuarterOfAFunctionsLife) {
  JobSpec spec;
  EXPECT_EQ(LeaseTimeOf(spec), FromSeconds(20));
  spec.function.timeout_s = 8;
  EXPECT_EQ(LeaseTimeOf(spec), FromSeconds(2));
}

TEST_F(Leases, TheFirstIncarnationTakesWhatIsNotThere) {
  const auto lease = Take(1, "a");
  EXPECT_EQ(Stored(), (LeaseRecord{.state = State::kHeld, .incarnation = 1, .holder = "a"}));
  EXPECT_EQ(lease->record(), Stored());
  EXPECT_FALSE(lease->has_vanished());
  EXPECT_FALSE(lease->is_lost());
}

TEST_F(Leases, WhoWasCalledTakesItWithWhatTheCallerKnew) {
  Put({.state = State::kCalled, .incarnation = 3, .failures = 2, .checkpoint = 7, .holder = "watcher", .beats = 1});
  const auto lease = Take(3, "c");
  EXPECT_EQ(Stored(),
            (LeaseRecord{.state = State::kHeld, .incarnation = 3, .failures = 2, .checkpoint = 7, .holder = "c"}));
  EXPECT_FALSE(lease->has_vanished());
}

TEST_F(Leases, ADuplicateIsToldWhoLives) {
  const auto lease = Take(1, "a");
  const Error refused = Refused(1, "b");
  EXPECT_EQ(refused.code, Code::kConflict);
  EXPECT_EQ(refused.message, "jobs/test/1/lease/2: incarnation 1 of this rank lives in a");
  EXPECT_EQ(Stored().holder, "a");
  EXPECT_TRUE(lease->Beat().ok());
}

TEST_F(Leases, WhoComesTooLateIsRefused) {
  Put({.state = State::kCalled, .incarnation = 3, .holder = "watcher"});
  EXPECT_EQ(Refused(2, "b").code, Code::kConflict);
  Put({.state = State::kHeld, .incarnation = 3, .holder = "c"});
  EXPECT_EQ(Refused(2, "b").message, "jobs/test/1/lease/2: incarnation 3 was called after this one, 2");
  Put({.state = State::kDone, .incarnation = 2, .holder = "b"});
  EXPECT_EQ(Refused(2, "b").message, "jobs/test/1/lease/2: there is nothing left to do");
  EXPECT_EQ(Refused(3, "c").code, Code::kConflict);
}

TEST_F(Leases, ALaterIncarnationTakesWhatTheChannelHasLostOrSetBack) {
  EXPECT_TRUE(Take(4, "d")->has_vanished());
  Put({.state = State::kHeld, .incarnation = 2, .holder = "b", .beats = 9});
  EXPECT_TRUE(Take(4, "d")->has_vanished());
  EXPECT_EQ(Stored().incarnation, 4);
}

TEST_F(Leases, ABeatChangesTheRecordAndTellsTheRound) {
  const auto lease = Take(1, "a");
  lease->Tell(12, true);
  ASSERT_TRUE(lease->Beat().ok());
  EXPECT_EQ(Stored(), (LeaseRecord{.state = State::kHeld, .holder = "a", .beats = 1, .round = 12, .waiting = true}));
  lease->Tell(13, false);
  ASSERT_TRUE(lease->Beat().ok());
  EXPECT_EQ(Stored(), (LeaseRecord{.state = State::kHeld, .holder = "a", .beats = 2, .round = 13}));
  EXPECT_EQ(lease->record(), Stored());
}

TEST_F(Leases, WhoWasReplacedLearnsItAtTheNextBeatAndForEver) {
  const auto lease = Take(1, "a");
  Put({.state = State::kCalled, .incarnation = 2, .failures = 1, .holder = "watcher"});
  EXPECT_TRUE(lease->Check().ok());
  const Result<void> beat = lease->Beat();
  ASSERT_FALSE(beat.ok());
  EXPECT_EQ(beat.error().code, Code::kConflict);
  EXPECT_TRUE(lease->is_lost());
  ASSERT_TRUE(Remove(store_.inner(), kKey).ok());
  EXPECT_EQ(lease->Beat().error().code, Code::kConflict);
  EXPECT_EQ(lease->Check().error().code, Code::kConflict);
  EXPECT_EQ(lease->PassOn(0, 1).error().code, Code::kConflict);
  EXPECT_EQ(lease->End().error().code, Code::kConflict);
  EXPECT_FALSE(Load(store_.inner(), kKey).ok());
}

TEST_F(Leases, ACheckIsFreeUntilTheLastBeatIsNearlyAsOldAsTheLapse) {
  const auto lease = Take(1, "a");
  const int puts = store_.Count("Put");
  const int gets = store_.Count("Get");
  clock_.Advance(milliseconds(12'500));
  EXPECT_TRUE(lease->Check().ok());
  EXPECT_EQ(store_.Count("Put"), puts);
  clock_.Advance(milliseconds(200));
  EXPECT_TRUE(lease->Check().ok());
  EXPECT_EQ(store_.Count("Put"), puts + 1);
  EXPECT_TRUE(lease->Check().ok());
  EXPECT_EQ(store_.Count("Put"), puts + 1);
  EXPECT_EQ(store_.Count("Get"), gets);
}

// The record was put when the put began, as far as the holder may assume.
TEST_F(Leases, ABeatThatTookLongIsAsOldAsItsBegin) {
  const auto lease = Take(1, "a");
  store_.after = [this](std::string_view name, int) -> Result<void> {
    if (name == "Put") clock_.Advance(seconds(15));
    return {};
  };
  ASSERT_TRUE(lease->Beat().ok());
  store_.after = nullptr;
  const int puts = store_.Count("Put");
  EXPECT_TRUE(lease->Check().ok());
  EXPECT_EQ(store_.Count("Put"), puts + 1);
}

TEST_F(Leases, AWriterThatWakesUpAfterItsReplacementMayNotWrite) {
  const auto lease = Take(1, "a");
  clock_.Advance(seconds(30));
  Put({.state = State::kHeld, .incarnation = 2, .holder = "b"});
  EXPECT_EQ(lease->Check().error().code, Code::kConflict);
}

TEST_F(Leases, ACheckThatCannotBeatSaysSo) {
  const auto lease = Take(1, "a");
  clock_.Advance(seconds(30));
  store_.before = [](std::string_view, int) -> Result<void> { return Error{Code::kUnavailable, "away"}; };
  EXPECT_EQ(lease->Check().error().code, Code::kUnavailable);
  store_.before = nullptr;
  EXPECT_TRUE(lease->Check().ok());
}

TEST_F(Leases, ARecordThatVanishedIsWrittenAgain) {
  const auto lease = Take(2, "a");
  lease->ForgetLoss();
  ASSERT_TRUE(lease->Beat().ok());
  ASSERT_TRUE(Remove(store_.inner(), kKey).ok());
  ASSERT_TRUE(lease->Beat().ok());
  EXPECT_TRUE(lease->has_vanished());
  EXPECT_EQ(Stored().incarnation, 2);
  EXPECT_EQ(Stored(), lease->record());
  lease->ForgetLoss();
  ASSERT_TRUE(lease->Beat().ok());
  EXPECT_FALSE(lease->has_vanished());
}

TEST_F(Leases, ARecordThatWentBackInTimeIsWrittenAgain) {
  const auto lease = Take(2, "a");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(lease->Beat().ok());
  lease->ForgetLoss();
  Put({.state = State::kHeld, .incarnation = 2, .holder = "a", .beats = 1});
  ASSERT_TRUE(lease->Beat().ok());
  EXPECT_TRUE(lease->has_vanished());
  lease->ForgetLoss();
  Put({.state = State::kHeld, .incarnation = 1, .holder = "z", .beats = 100});
  ASSERT_TRUE(lease->Beat().ok());
  EXPECT_TRUE(lease->has_vanished());
  EXPECT_EQ(Stored().holder, "a");
}

TEST_F(Leases, ABeatThatWonThoughItFailedIsNotALoss) {
  const auto lease = Take(1, "a");
  LoseAnswers();
  EXPECT_EQ(lease->Beat().error().code, Code::kUnavailable);
  EXPECT_EQ(lease->Beat().error().code, Code::kUnavailable);
  store_.after = nullptr;
  const LeaseRecord before = Stored();
  EXPECT_TRUE(lease->Beat().ok());
  EXPECT_NE(Stored(), before);
  EXPECT_FALSE(lease->is_lost());
  EXPECT_FALSE(lease->has_vanished());
  EXPECT_EQ(Stored(), lease->record());
}

TEST_F(Leases, PassingOnCallsTheNextIncarnation) {
  const auto lease = Take(1, "a");
  const LeaseRecord next = lease->PassOn(0, 5).value();
  EXPECT_EQ(next, Stored());
  EXPECT_EQ(next.state, State::kCalled);
  EXPECT_EQ(next.incarnation, 2);
  EXPECT_EQ(next.checkpoint, 5);
  EXPECT_FALSE(lease->is_lost());
  EXPECT_EQ(lease->Beat().error().message, "jobs/test/1/lease/2: incarnation 1 has left it");
  EXPECT_EQ(lease->Check().error().code, Code::kConflict);
  EXPECT_EQ(lease->End().error().code, Code::kConflict);
  EXPECT_EQ(Stored(), next);
  EXPECT_FALSE(Take(2, "b")->has_vanished());
}

TEST_F(Leases, PassingOnAndEndingMayBeTriedAgain) {
  for (const bool beats_between : {false, true}) {
    ASSERT_TRUE(Remove(store_.inner(), kKey).ok());
    const auto lease = Take(1, "a");
    LoseAnswers();
    EXPECT_EQ(lease->PassOn(0, 5).error().code, Code::kUnavailable);
    store_.after = nullptr;
    if (beats_between) {
      EXPECT_EQ(lease->Beat().error().code, Code::kConflict);
    }
    const LeaseRecord next = Stored();
    EXPECT_EQ(next.incarnation, 2);
    EXPECT_EQ(lease->PassOn(0, 5).value(), next);
    EXPECT_EQ(lease->PassOn(0, 5).value(), next);
    EXPECT_EQ(Stored(), next);
    const auto successor = Take(2, "b");
    LoseAnswers();
    EXPECT_EQ(successor->End().error().code, Code::kUnavailable);
    store_.after = nullptr;
    if (beats_between) {
      EXPECT_EQ(successor->Beat().error().code, Code::kConflict);
    }
    EXPECT_TRUE(successor->End().ok());
    EXPECT_EQ(Stored().state, State::kDone);
  }
}

TEST_F(Leases, AfterTheEndNobodyComes) {
  const auto lease = Take(1, "a");
  ASSERT_TRUE(lease->End().ok());
  EXPECT_EQ(Stored().state, State::kDone);
  EXPECT_TRUE(lease->End().ok());
  EXPECT_EQ(lease->Beat().error().code, Code::kConflict);
  EXPECT_EQ(Stored().state, State::kDone);
  EXPECT_EQ(Refused(2, "b").code, Code::kConflict);
}

TEST_F(Leases, WithoutTheLeaseADuplicateTakesOver) {
  const auto lease = Take(1, "a");
  const auto twin = Take(1, "b", {.lease = false});
  EXPECT_EQ(Stored().holder, "b");
  EXPECT_TRUE(twin->Beat().ok());
}

TEST_F(Leases, WithoutTheFenceALossIsNotNoticed) {
  const auto lease = Take(1, "a", {.fence = false});
  Put({.state = State::kHeld, .incarnation = 2, .holder = "b"});
  clock_.Advance(seconds(30));
  EXPECT_TRUE(lease->Beat().ok());
  EXPECT_TRUE(lease->Check().ok());
  EXPECT_FALSE(lease->is_lost());
  EXPECT_EQ(Stored().holder, "b");
}

TEST_F(Leases, DamagedRecordsAreRefused) {
  ASSERT_TRUE(Save(store_.inner(), kKey, AsBytes("{\"state\": \"held\"}")).ok());
  EXPECT_EQ(Refused(1, "a").code, Code::kInvalid);
  const std::string good = ToJson(LeaseRecord{.state = State::kHeld, .holder = "a\"\n"});
  EXPECT_EQ(ToJson(ParseLeaseRecord(good).value()), good);
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_EQ(ParseLeaseRecord(good.substr(0, i)).error().code, Code::kInvalid);
    std::string damaged = good;
    damaged[i] = '~';
    const Result<LeaseRecord> parsed = ParseLeaseRecord(damaged);
    EXPECT_TRUE(parsed.ok() || parsed.error().code == Code::kInvalid);
  }
  for (const char* number : {"0", "-1", "9007199254740994", "18446744073709551615", "1.5", "\"1\"", "null"}) {
    std::string damaged = good;
    damaged.replace(damaged.find("\"incarnation\":1") + 14, 1, number);
    EXPECT_FALSE(ParseLeaseRecord(damaged).ok()) << damaged;
  }
}

}  // namespace
}  // namespace lambdaml
