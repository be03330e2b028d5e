// SPDX-License-Identifier: Apache-2.0

// The part of the contract that is about failure detectors.

#include <algorithm>
#include <chrono>
#include <climits>
#include <mutex>
#include <string>
#include <vector>

#include "comm/communicator_conformance.h"

namespace lambdaml {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// Remembers what it is told, and says what it was made to say.
class Listener final : public FailureDetector {
 public:
  explicit Listener(Clock::Duration first_look) : first_look_(first_look) {}

  std::uint64_t writes_before = UINT64_MAX;  // the first call in which nothing may be written
  int looks_max = INT_MAX;                   // the number of the look that ends the wait

  Result<void> MayWrite(std::uint64_t round) override {
    if (round < writes_before) return {};
    return Error{Code::kConflict, "another incarnation has taken over"};
  }

  Result<void> Missing(std::uint64_t round, std::span<const int> ranks, Clock::Duration waited) override {
    const std::lock_guard lock(mutex_);
    rounds_.push_back(round);
    ranks_.assign(ranks.begin(), ranks.end());
    too_early_ = too_early_ || waited < first_look_;
    if (static_cast<int>(rounds_.size()) < looks_max) return {};
    return Error{Code::kInternal, "rank 2 is lost for good"};
  }

  Clock::Duration first_look() const override { return first_look_; }
  Clock::Duration look_every() const override { return milliseconds(5); }

  const std::vector<std::uint64_t>& rounds() const { return rounds_; }
  const std::vector<int>& ranks() const { return ranks_; }
  bool too_early() const { return too_early_; }

 private:
  Clock::Duration first_look_;
  std::mutex mutex_;  // of what follows
  std::vector<std::uint64_t> rounds_;
  std::vector<int> ranks_;
  bool too_early_ = false;
};

Result<void> SumFloats(Communicator& peers) {
  std::vector<float> values(40, 1);
  return peers.AllReduce(std::span(values));
}

TEST_P(CommunicatorConformance, TellsItsDetectorWhomItWaitsForUntilThatEndsTheWait) {
  Session session = SessionOf(3);
  session.absent = {1, 2};
  Listener listener(milliseconds(10));
  listener.looks_max = 3;
  session.detector = &listener;
  const auto results = RunRanks(session, [](Communicator& peers) { return peers.Barrier(); });
  ASSERT_FALSE(results[0].ok());
  EXPECT_EQ(results[0].error().code, Code::kInternal);
  EXPECT_NE(results[0].error().message.find("rank 2 is lost for good"), std::string::npos);
  EXPECT_EQ(listener.rounds(), (std::vector<std::uint64_t>{0, 0, 0}));
  EXPECT_EQ(listener.ranks(), (std::vector<int>{1, 2}));
  EXPECT_FALSE(listener.too_early());
}

TEST_P(CommunicatorConformance, ALongWaitIsACalmOneWithADetectorThatIsNotWorried) {
  Session session = SessionOf(3);
  session.piece_bytes = 4096;
  Listener listener(milliseconds(1));
  session.detector = &listener;
  const auto expected = ExpectedSum<float>(3, 9001);
  EXPECT_EQ(Failures(RunRanks(session,
                              [&](Communicator& peers) -> Result<void> {
                                for (int round = 0; round < 5; ++round) {
                                  if (peers.rank() == round % 3) clock_.SleepUntil(clock_.Now() + milliseconds(30));
                                  TRY(AllReduceAndCompare(peers, expected));
                                }
                                return {};
                              })),
            "");
  EXPECT_FALSE(listener.rounds().empty());
  EXPECT_FALSE(listener.too_early());
}

TEST_P(CommunicatorConformance, ADetectorThatIsNotNeededCostsNoRequest) {
  int calls = 0;
  for (const bool with_detector : {false, true}) {
    ObservedStore store(clock_);
    Listener listener(hours(1));
    const Session session{.store = store,
                          .clock = clock_,
                          .pattern = GetParam(),
                          .size = 3,
                          .detector = with_detector ? &listener : nullptr};
    ASSERT_EQ(Failures(RunRanks(session,
                                [](Communicator& peers) -> Result<void> {
                                  for (int round = 0; round < 31; ++round) TRY(SumFloats(peers));
                                  return {};
                                })),
              "");
    if (with_detector) {
      EXPECT_EQ(store.calls(), calls);
    }
    calls = store.calls();
  }
}

TEST_P(CommunicatorConformance, WhoIsFencedOutWritesNothingMore) {
  Session session = SessionOf(2);
  session.absent = {1};
  Listener listener(hours(1));
  listener.writes_before = 2;
  session.detector = &listener;
  const auto results = RunRanks(session, [](Communicator& peers) -> Result<void> {
    Bytes news(10);
    TRY(peers.Broadcast(news, 0));
    TRY(peers.Broadcast(news, 0));
    const Result<void> third = peers.Broadcast(news, 0);
    if (third.ok() || third.error().code != Code::kConflict) return Error{Code::kInternal, "not fenced out"};
    return peers.Barrier();
  });
  ASSERT_FALSE(results[0].ok());
  EXPECT_EQ(results[0].error().code, Code::kConflict);
  EXPECT_EQ(store_.objects(), 2U);
}

}  // namespace
}  // namespace lambdaml
