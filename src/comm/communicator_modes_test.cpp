// SPDX-License-Identifier: Apache-2.0

// The part of the contract that goes beyond plain sums: tallies, formats, calls beside the caller, stale sums, means.

#include "comm/communicator_conformance.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace lambdaml {
namespace {

using std::chrono::milliseconds;

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

}  // namespace
}  // namespace lambdaml
