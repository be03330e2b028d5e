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

// Rank r brings r + 1 as every number of its tally.
Result<void> SumTally(Communicator& peers, std::span<float> values, std::size_t numbers) {
  std::vector<double> tally(numbers, peers.rank() + 1);
  TRY(peers.AllReduce({.values = values, .tally = tally}));
  const double sum = peers.size() * (peers.size() + 1) / 2.0;
  return tally == std::vector<double>(numbers, sum) ? Result<void>() : Error{Code::kInternal, "another tally"};
}

TEST_P(CommunicatorConformance, SumsATallyExactlyHoweverTheVectorTravels) {
  Session session = SessionOf(5);
  session.format.wire = Wire::kInt8;
  session.piece_bytes = 1024;
  EXPECT_EQ(Failures(RunRanks(session,
                              [](Communicator& peers) -> Result<void> {
                                for (const std::size_t length : {0U, 1U, 2000U, 5000U}) {
                                  std::vector<float> values(length, 0.1F);
                                  TRY(SumTally(peers, values, 1 + length % 7));
                                }
                                return {};
                              })),
            "");
}

// What an all-reduce of the contributions must give in this format: each rounded, added in float64, and rounded again.
std::vector<float> RoundedSum(int ranks, std::size_t length, Wire wire) {
  std::vector<std::vector<float>> vectors;
  std::vector<Encoded> by_rank;
  for (int rank = 0; rank < ranks; ++rank) {
    vectors.push_back(VectorOf<float>(rank, length));
    RoundTo(wire, Elements::Of(std::span(vectors.back())));
  }
  for (const auto& vector : vectors) by_rank.push_back(Encoded::Of(std::span(vector)));
  std::vector<float> sum(length);
  CanonicalSum(by_rank, Accumulate::kFloat64, Elements::Of(std::span(sum)));
  RoundTo(wire, Elements::Of(std::span(sum)));
  return sum;
}

TEST_P(CommunicatorConformance, HasTheSameBitsInEveryFormatInStripesAndPieces) {
  for (const Wire wire : {Wire::kFloat32, Wire::kFloat16, Wire::kBfloat16, Wire::kInt8}) {
    for (const std::size_t length : {1U, 300U, 9001U, 40'000U}) {
      Session session = SessionOf(5);
      session.format = {.wire = wire, .accumulate = Accumulate::kFloat64};
      session.piece_bytes = 4096;
      ObservedStore store(clock_);
      Session own{.store = store,
                  .clock = clock_,
                  .pattern = GetParam(),
                  .size = 5,
                  .format = session.format,
                  .piece_bytes = 4096};
      const auto expected = RoundedSum(5, length, wire);
      EXPECT_EQ(
          Failures(RunRanks(own, [&expected](Communicator& peers) { return AllReduceAndCompare(peers, expected); })),
          "")
          << length;
    }
  }
}

TEST_P(CommunicatorConformance, SumsSparseVectors) {
  EXPECT_EQ(Failures(RunRanks(SessionOf(4),
                              [](Communicator& peers) -> Result<void> {
                                std::vector<float> values(3000);
                                values[static_cast<std::size_t>(peers.rank()) * 700] = 2;
                                values[2999] = -1;
                                TRY(peers.AllReduce(std::span(values)));
                                std::vector<float> expected(3000);
                                for (const std::size_t at : {0U, 700U, 1400U, 2100U}) expected[at] = 2;
                                expected[2999] = -4;
                                return values == expected ? Result<void>() : Error{Code::kInternal, "another sum"};
                              })),
            "");
}

TEST_P(CommunicatorConformance, CallsThatWereStartedGoOnBesideTheCallerAndEachOther) {
  constexpr std::size_t kBuckets = 7;
  const auto expected = ExpectedSum<float>(4, 2000);
  EXPECT_EQ(Failures(RunRanks(SessionOf(4),
                              [&expected](Communicator& peers) -> Result<void> {
                                for (int step = 0; step < 10; ++step) {
                                  std::vector<std::vector<float>> buckets;
                                  std::vector<double> tallies(kBuckets, peers.rank());
                                  for (std::size_t i = 0; i < kBuckets; ++i) {
                                    buckets.push_back(VectorOf<float>(peers.rank(), expected.size()));
                                  }
                                  for (std::size_t i = 0; i < kBuckets; ++i) {
                                    peers.Start({.values = buckets[i], .tally = {&tallies[i], 1}});
                                  }
                                  TRY(peers.Finish());
                                  for (std::size_t i = 0; i < kBuckets; ++i) {
                                    if (buckets[i] != expected || tallies[i] != 6) {
                                      return Error{Code::kInternal, StrCat("bucket ", i, " differs")};
                                    }
                                  }
                                  TRY(AllReduceAndCompare(peers, expected));
                                }
                                return {};
                              })),
            "");
}

TEST_P(CommunicatorConformance, AStartedCallThatFailsIsToldByFinish) {
  Session session = SessionOf(3);
  session.absent = {2};
  session.timeout = milliseconds(50);
  const auto results = RunRanks(session, [](Communicator& peers) {
    std::vector<float> values(9);
    peers.Start({.values = values});
    return peers.Finish();
  });
  for (const std::size_t rank : {0U, 1U}) {
    ASSERT_FALSE(results[rank].ok());
    EXPECT_EQ(results[rank].error().code, Code::kTimeout);
  }
}

// Every call brings each rank what it has not had yet. Whole numbers, so that sums are exact.
Result<void> StaleRounds(Communicator& peers, std::uint64_t staleness, int calls) {
  constexpr std::size_t kLength = 40;
  std::vector<float> had(kLength);
  double had_tally = 0;
  for (int call = 0; call < calls; ++call) {
    std::vector<float> values(kLength, static_cast<float>(peers.rank() + 1));
    values[static_cast<std::size_t>(call) % kLength] += 10;
    double tally = 1;
    const bool last = call + 1 == calls;
    TRY(peers.AllReduce({.values = values, .tally = {&tally, 1}, .staleness = last ? 0 : staleness}));
    for (std::size_t i = 0; i < kLength; ++i) had[i] += values[i];
    had_tally += tally;
    const double least =
        call + 1 + (peers.size() - 1) * std::max(0.0, static_cast<double>(call) + 1 - static_cast<double>(staleness));
    if (had_tally < least) return Error{Code::kInternal, StrCat("had ", had_tally, " of at least ", least)};
  }
  const int size = peers.size();
  const auto each = static_cast<float>(calls * size * (size + 1) / 2 + 10 * size * (calls / static_cast<int>(kLength)));
  for (std::size_t i = 0; i < kLength; ++i) {
    const float more = static_cast<int>(i) < calls % static_cast<int>(kLength) ? static_cast<float>(10 * size) : 0;
    if (had[i] != each + more) return Error{Code::kInternal, StrCat("had ", had[i], " instead of ", each + more)};
  }
  return had_tally == calls * size ? Result<void>() : Error{Code::kInternal, StrCat("a tally of ", had_tally)};
}

TEST_P(CommunicatorConformance, StaleSumsBringEveryContributionExactlyOnce) {
  store_.shuffles_and_repeats = true;
  for (const std::uint64_t staleness : {std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{1000}, kAnyStaleness}) {
    ObservedStore store(clock_);
    const Session session{.store = store, .clock = clock_, .pattern = GetParam(), .size = 4};
    EXPECT_EQ(Failures(RunRanks(session,
                                [staleness](Communicator& peers) -> Result<void> {
                                  TRY(StaleRounds(peers, staleness, 95));
                                  return StaleRounds(peers, staleness, 7);
                                })),
              "")
        << staleness;
  }
}

TEST_P(CommunicatorConformance, AStartedCallCatchesUp) {
  EXPECT_EQ(Failures(RunRanks(SessionOf(3),
                              [](Communicator& peers) -> Result<void> {
                                std::vector<float> values(3, 1);
                                double tally = 1;
                                TRY(peers.AllReduce({.values = values, .tally = {&tally, 1}, .staleness = 9}));
                                double had = tally;
                                values.assign(3, 1);
                                tally = 1;
                                peers.Start({.values = values, .tally = {&tally, 1}});
                                TRY(peers.Finish());
                                had += tally;
                                return had == 6 ? Result<void>() : Error{Code::kInternal, StrCat("had ", had)};
                              })),
            "");
}

TEST_P(CommunicatorConformance, ARankThatMustNotRunAheadWaits) {
  Session session = SessionOf(2);
  session.absent = {1};
  session.timeout = milliseconds(50);
  const auto results = RunRanks(session, [](Communicator& peers) -> Result<void> {
    std::vector<float> values(3);
    for (int call = 0; call < 2; ++call) TRY(peers.AllReduce({.values = values, .staleness = 2}));
    const Result<void> third = peers.AllReduce({.values = values, .staleness = 2});
    if (third.ok()) return Error{Code::kInternal, "ran ahead"};
    return third.error().code == Code::kTimeout ? Result<void>() : third;
  });
  EXPECT_EQ(Failures(results), "");
}

TEST_P(CommunicatorConformance, WeightsAMeanByRows) {
  EXPECT_EQ(Failures(RunRanks(SessionOf(3),
                              [](Communicator& peers) -> Result<void> {
                                std::vector<float> values(5, static_cast<float>(peers.rank()));
                                TRY(WeightedMean(peers, values, peers.rank() == 0 ? 6 : 1));
                                const bool right = values == std::vector<float>(5, 3.0F / 8);
                                return right ? Result<void>() : Error{Code::kInternal, "another mean"};
                              })),
            "");
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
