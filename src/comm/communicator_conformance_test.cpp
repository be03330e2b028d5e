// SPDX-License-Identifier: Apache-2.0
#include "comm/communicator_conformance.h"

#include <array>
#include <atomic>
#include <chrono>
#include <regex>
#include <string>
#include <thread>
#include <vector>

namespace lambdaml {
namespace {

using std::chrono::milliseconds;

// Every kind of call, some of them often enough for sweeping to happen several times.
Result<void> Everything(Communicator& peers, int rounds, const std::vector<float>& expected) {
  for (int round = 0; round < rounds; ++round) {
    TRY(AllReduceAndCompare(peers, expected));
    Bytes news = ToBytes(AsBytes(peers.rank() == round % peers.size() ? StrCat("news of round ", round) : "old"));
    TRY(peers.Broadcast(news, round % peers.size()));
    if (Blob(news).text() != StrCat("news of round ", round)) return Error{Code::kInternal, "other news"};
    if (round % 3 == 0) TRY(peers.Barrier());
  }
  return {};
}

// Ranks other than the root begin with three other bytes.
Result<void> BroadcastAndCompare(Communicator& peers, int root, std::size_t size) {
  const Bytes sent(size, static_cast<std::byte>(root + 7));
  Bytes bytes = peers.rank() == root ? sent : Bytes(3, std::byte{1});
  TRY(peers.Broadcast(bytes, root));
  return bytes == sent ? Result<void>() : Error{Code::kInternal, "received other bytes"};
}

Result<void> BroadcastsFromAll(Communicator& peers, std::size_t size) {
  for (int root = 0; root < peers.size(); ++root) TRY(BroadcastAndCompare(peers, root, size));
  return {};
}

TEST_P(CommunicatorConformance, SumsTheSameBitsInAnyOrderOfArrivalAndOnceEach) {
  store_.shuffles_and_repeats = true;
  const auto expected = ExpectedSum<float>(5, 101);
  EXPECT_EQ(Failures(RunRanks(SessionOf(5), [&](Communicator& peers) { return Everything(peers, 50, expected); })), "");
}

TEST_P(CommunicatorConformance, KeepsTheLastCallsOnRecord) {
  Session session = SessionOf(2);
  session.absent = {1};
  session.timeout = milliseconds(20);
  const auto results = RunRanks(session, [](Communicator& peers) -> Result<void> {
    if (peers.Barrier().ok()) return Error{Code::kInternal, "nobody else was there"};
    const auto calls = peers.use().last_calls;
    if (calls.size() != 1 || calls[0].operation != "Barrier") return Error{Code::kInternal, "no record"};
    const bool told = calls[0].outcome.find("nothing came from rank 1") != std::string::npos;
    return told ? Result<void>() : Error{Code::kInternal, calls[0].outcome};
  });
  EXPECT_EQ(Failures(results), "");
}

TEST_P(CommunicatorConformance, BroadcastsFromEveryRankAnySize) {
  for (const std::size_t size : {0U, 1U, 100'000U}) {
    ObservedStore store(clock_);
    const Session session{.store = store, .clock = clock_, .pattern = GetParam(), .size = 3};
    EXPECT_EQ(Failures(RunRanks(session, [size](Communicator& peers) { return BroadcastsFromAll(peers, size); })), "");
  }
}

TEST_P(CommunicatorConformance, RefusesARootThatIsNoRank) {
  for (const int root : {-1, 1}) {
    const auto results = RunRanks(SessionOf(1), [root](Communicator& peers) {
      Bytes bytes;
      return peers.Broadcast(bytes, root);
    });
    ASSERT_FALSE(results[0].ok());
    EXPECT_EQ(results[0].error().code, Code::kInvalid);
  }
}

TEST_P(CommunicatorConformance, NobodyLeavesABarrierBeforeAllHaveEntered) {
  std::atomic<int> entered = 0;
  EXPECT_EQ(Failures(RunRanks(SessionOf(4),
                              [&entered](Communicator& peers) -> Result<void> {
                                for (int round = 1; round <= 50; ++round) {
                                  ++entered;
                                  TRY(peers.Barrier());
                                  if (entered < round * peers.size()) return Error{Code::kInternal, "left too early"};
                                }
                                return {};
                              })),
            "");
}

TEST_P(CommunicatorConformance, NobodyEndsAnAllReduceBeforeAllHaveBegun) {
  std::atomic<int> entered = 0;
  EXPECT_EQ(Failures(RunRanks(SessionOf(4),
                              [&entered](Communicator& peers) -> Result<void> {
                                std::vector<double> values(9);
                                for (int round = 1; round <= 60; ++round) {
                                  const std::size_t length = std::array{0U, 2U, 9U}[static_cast<unsigned>(round) % 3];
                                  ++entered;
                                  TRY(peers.AllReduce(std::span(values).first(length)));
                                  if (entered < round * peers.size()) return Error{Code::kInternal, "ended too early"};
                                }
                                return {};
                              })),
            "");
}

TEST_P(CommunicatorConformance, OneRankNeedsNoStore) {
  const auto expected = ExpectedSum<float>(1, 10);
  EXPECT_EQ(
      Failures(RunRanks(SessionOf(1), [&expected](Communicator& peers) { return Everything(peers, 20, expected); })),
      "");
  EXPECT_EQ(store_.calls(), 0);
}

TEST_P(CommunicatorConformance, CountsItsRounds) {
  EXPECT_EQ(
      Failures(RunRanks(SessionOf(2),
                        [](Communicator& peers) -> Result<void> {
                          TRY(peers.Barrier());
                          std::vector<float> values(3);
                          TRY(peers.AllReduce(std::span(values)));
                          return peers.use().rounds == 2 ? Result<void>() : Error{Code::kInternal, "counted otherwise"};
                        })),
      "");
}

TEST_P(CommunicatorConformance, NamesARankThatNeverComes) {
  Session session = SessionOf(4);
  session.absent = {2};
  session.timeout = milliseconds(50);
  const auto results = RunRanks(session, [](Communicator& peers) {
    std::vector<float> values(40);
    return peers.AllReduce(std::span(values));
  });
  for (const int rank : {0, 1, 3}) {
    const Result<void>& result = results[static_cast<std::size_t>(rank)];
    ASSERT_FALSE(result.ok()) << rank;
    EXPECT_EQ(result.error().code, Code::kTimeout);
    // On a busy machine a rank may name others, too, that have not begun by then.
    EXPECT_TRUE(std::regex_search(result.error().message, std::regex("ranks? ([0-9], )*2"))) << result.error().message;
    EXPECT_NE(result.error().message.find(kTestJob.text()), std::string::npos) << result.error().message;
  }
}

TEST_P(CommunicatorConformance, EndsWithTheJobWhateverTheTimeoutOfACall) {
  Session session = SessionOf(2);
  session.absent = {1};
  session.deadline = clock_.Now() + milliseconds(20);
  const auto results = RunRanks(session, [](Communicator& peers) { return peers.Barrier(); });
  ASSERT_FALSE(results[0].ok());
  EXPECT_EQ(results[0].error().code, Code::kTimeout);
  EXPECT_NE(results[0].error().message.find("rank 1"), std::string::npos) << results[0].error().message;
}

TEST_P(CommunicatorConformance, GivesUpAtOnceWhenTheJobIsAborted) {
  Session session = SessionOf(4);
  session.absent = {3};
  std::atomic<int> entered = 0;
  const std::jthread abort([this, &entered] {
    while (entered < 3) std::this_thread::yield();
    Save(store_, kTestAbort, AsBytes("worker 3 was killed")).value();
  });
  const auto results = RunRanks(session, [&entered](Communicator& peers) {
    ++entered;
    std::vector<float> values(40);
    return peers.AllReduce(std::span(values));
  });
  for (const int rank : {0, 1, 2}) {
    const Result<void>& result = results[static_cast<std::size_t>(rank)];
    ASSERT_FALSE(result.ok()) << rank;
    EXPECT_EQ(result.error().code, Code::kInternal);
    EXPECT_NE(result.error().message.find("job aborted: worker 3 was killed"), std::string::npos)
        << result.error().message;
  }
}

TEST_P(CommunicatorConformance, ARankThatNeverWaitsGivesUpTooWhenTheJobIsAborted) {
  const auto results = RunRanks(SessionOf(2), [this](Communicator& peers) -> Result<void> {
    std::vector<float> values(3);
    TRY(peers.AllReduce({.values = values, .staleness = kAnyStaleness}));
    TRY(Save(store_, kTestAbort, AsBytes("worker 3 was killed")));
    return peers.AllReduce({.values = values, .staleness = kAnyStaleness});
  });
  EXPECT_NE(Failures(results).find("job aborted: worker 3 was killed"), std::string::npos) << Failures(results);
  for (const Result<void>& result : results) EXPECT_FALSE(result.ok());
}

TEST_P(CommunicatorConformance, RefusesAMessageThatWasDamaged) {
  store_.tamper = [](const Key& key, Bytes& value) {
    if (key.text().ends_with(".0001")) value.back() ^= std::byte{1};  // whatever rank 1 sends
  };
  const auto results = RunRanksUntilOneFails(SessionOf(3), [](Communicator& peers) {
    std::vector<float> values(40, 1.0F);
    return peers.AllReduce(std::span(values));
  });
  EXPECT_NE(Failures(results).find("wrong checksum"), std::string::npos) << Failures(results);
}

TEST_P(CommunicatorConformance, RefusesAnotherCallByItsType) {
  const auto results = RunRanksUntilOneFails(SessionOf(2), [](Communicator& peers) {
    Bytes bytes;
    return peers.rank() == 0 ? peers.Barrier() : peers.Broadcast(bytes, 1);
  });
  EXPECT_NE(Failures(results).find("wrong type, expected 0 (nothing), found 1 (byte)"), std::string::npos)
      << Failures(results);
}

TEST_P(CommunicatorConformance, RefusesAVectorOfAnotherLength) {
  const auto results = RunRanksUntilOneFails(SessionOf(4), [](Communicator& peers) {
    std::vector<float> values(peers.rank() == 2 ? 8 : 7);
    return peers.AllReduce(std::span(values));
  });
  EXPECT_NE(Failures(results).find("wrong elements"), std::string::npos) << Failures(results);
}

TEST_P(CommunicatorConformance, LeavesNoMoreObjectsAfterManyRoundsThanAfterFew) {
  const auto expected = ExpectedSum<float>(4, 16);
  EXPECT_EQ(Failures(RunRanks(SessionOf(4), [&](Communicator& peers) { return Everything(peers, 4300, expected); })),
            "");
  // 10,033 calls. Two sweeps' worth of calls of at most 16 objects each, and the calls that are under way.
  EXPECT_LE(store_.objects(), 20U * 16U);
  EXPECT_GT(store_.objects(), 0U);
}

TEST_P(CommunicatorConformance, BroadcastsAloneAndStaleSumsAloneLeaveAConstantNumber) {
  EXPECT_EQ(Failures(RunRanks(SessionOf(3),
                              [](Communicator& peers) -> Result<void> {
                                Bytes news(10);
                                for (int round = 0; round < 1000; ++round) TRY(peers.Broadcast(news, round % 3));
                                std::vector<float> values(10);
                                for (int round = 0; round < 1000; ++round) {
                                  TRY(peers.AllReduce({.values = values, .staleness = 2}));
                                }
                                return {};
                              })),
            "");
  EXPECT_LE(store_.objects(), 3U * 60U);
}

TEST_P(CommunicatorConformance, NeverLists) {
  const auto expected = ExpectedSum<float>(3, 16);
  EXPECT_EQ(Failures(RunRanks(SessionOf(3), [&](Communicator& peers) { return Everything(peers, 20, expected); })), "");
  EXPECT_EQ(store_.lists(), 0);
}

}  // namespace
}  // namespace lambdaml
