// SPDX-License-Identifier: Apache-2.0

// The part of the contract that is about ranks that take over from another incarnation.

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "comm/communicator_conformance.h"

namespace lambdaml {
namespace {

using std::chrono::seconds;

constexpr std::size_t kLength = 9001;  // several stripes and pieces

// What every rank has seen of its calls: two runs are alike if these are.
using Diary = std::vector<Bytes>;

template <class T>
void Note(const std::vector<T>& values, Diary& diary) {
  diary.push_back(ToBytes(std::as_bytes(std::span(values))));
}

Result<void> SumFloats(Communicator& peers, std::size_t length, Diary& diary) {
  std::vector<float> values = VectorOf<float>(peers.rank(), length);
  std::vector<double> tally = VectorOf<double>(peers.rank(), 3);
  TRY(peers.AllReduce({.values = values, .tally = tally}));
  Note(values, diary);
  Note(tally, diary);
  return {};
}

Result<void> SumStarted(Communicator& peers, Diary& diary) {
  std::vector<std::vector<float>> layers(3, VectorOf<float>(peers.rank(), 300));
  for (std::vector<float>& layer : layers) peers.Start({.values = layer});
  TRY(peers.Finish());
  for (const std::vector<float>& layer : layers) Note(layer, diary);
  return {};
}

// Every kind of call that can be replayed.
Result<void> Everything(Communicator& peers, int rounds, Diary& diary) {
  for (int round = 0; round < rounds; ++round) {
    TRY(SumFloats(peers, round % 4 == 0 ? kLength : 40, diary));
    std::vector<double> doubles = VectorOf<double>(peers.rank(), 700);
    TRY(peers.AllReduce(std::span(doubles)));
    Note(doubles, diary);
    const int root = round % peers.size();
    Bytes news = ToBytes(AsBytes(peers.rank() == root ? StrCat("news of round ", round) : "old"));
    TRY(peers.Broadcast(news, root));
    diary.push_back(news);
    if (round % 3 == 0) TRY(peers.Barrier());
    TRY(SumStarted(peers, diary));
  }
  return {};
}

TEST_P(CommunicatorConformance, WhoTakesOverHasTheSameBitsWithoutAnybodyElse) {
  for (const Wire wire : {Wire::kFloat32, Wire::kInt8}) {
    ObservedStore store(clock_);
    Session session{.store = store, .clock = clock_, .pattern = GetParam(), .size = 5, .format = {.wire = wire}};
    session.keeps_results = true;
    session.timeout = seconds(10);
    session.piece_bytes = 4096;
    std::vector<Diary> diaries(5);
    const auto work = [&diaries](Communicator& peers) {
      return Everything(peers, 9, diaries[static_cast<std::size_t>(peers.rank())]);
    };
    ASSERT_EQ(Failures(RunRanks(session, work)), "");
    session.replays = true;
    for (int rank = 0; rank < 5; ++rank) {
      Diary again;
      const auto all_again = [&again](Communicator& peers) { return Everything(peers, 9, again); };
      EXPECT_EQ(Failures({RunRank(session, rank, all_again)}), "");
      EXPECT_EQ(again, diaries[static_cast<std::size_t>(rank)]) << rank;
    }
  }
}

TEST_P(CommunicatorConformance, WhoTakesOverCatchesUpAndTakesPart) {
  for (const int victim : {0, 3}) {
    ObservedStore store(clock_);
    Session session{.store = store, .clock = clock_, .pattern = GetParam(), .size = 4};
    session.keeps_results = true;
    session.timeout = seconds(10);
    std::vector<Diary> diaries(4);
    const auto work = [&](Communicator& peers) -> Result<void> {
      Diary& diary = diaries[static_cast<std::size_t>(peers.rank())];
      if (peers.rank() != victim) return Everything(peers, 20, diary);
      TRY(Everything(peers, 11, diary));
      diary.clear();
      Session next = session;
      next.replays = true;
      return RunRank(next, victim, [&diary](Communicator& again) { return Everything(again, 20, diary); });
    };
    ASSERT_EQ(Failures(RunRanks(session, work)), "");
    for (const Diary& diary : diaries) EXPECT_EQ(diary.size(), diaries.front().size());
    EXPECT_EQ(diaries[static_cast<std::size_t>(victim)], diaries[1]);
  }
}

TEST_P(CommunicatorConformance, ManyCallsAreReplayedWithFewRequests) {
  constexpr int kRounds = 300;
  Session session = SessionOf(4);
  session.keeps_results = true;
  session.timeout = seconds(10);
  const auto expected = ExpectedSum<float>(4, 40);
  const auto work = [&expected](Communicator& peers) -> Result<void> {
    for (int round = 0; round < kRounds; ++round) TRY(AllReduceAndCompare(peers, expected));
    return {};
  };
  ASSERT_EQ(Failures(RunRanks(session, work)), "");
  session.replays = true;
  const int before = store_.calls();
  EXPECT_EQ(Failures({RunRank(session, 2, work)}), "");
  EXPECT_LE(store_.calls() - before, 30);
}

TEST_P(CommunicatorConformance, RecallsASumWithoutAContribution) {
  Session session = SessionOf(3);
  session.keeps_results = true;
  session.timeout = seconds(10);
  const auto expected = ExpectedSum<float>(3, 300);
  const auto sums = [&expected](Communicator& peers) -> Result<void> {
    for (int round = 0; round < 5; ++round) {
      std::vector<float> none(expected.size(), 7);
      if (TRY(peers.Recall({.values = none}))) return Error{Code::kInternal, "recalled what nobody knew"};
      if (peers.next_round() != static_cast<std::uint64_t>(round)) return Error{Code::kInternal, "counted a call"};
      TRY(AllReduceAndCompare(peers, expected));
    }
    return {};
  };
  ASSERT_EQ(Failures(RunRanks(session, sums)), "");
  session.replays = true;
  const auto recall = [&expected](Communicator& peers) -> Result<void> {
    std::vector<float> values(expected.size(), 7);
    for (std::uint64_t round = 0; round < 5; ++round) {
      std::ranges::fill(values, 7.0F);
      if (!TRY(peers.Recall({.values = values}))) return Error{Code::kInternal, StrCat("forgot round ", round)};
      if (peers.next_round() != round + 1 || values != expected) return Error{Code::kInternal, "recalled another sum"};
    }
    if (TRY(peers.Recall({.values = values}))) return Error{Code::kInternal, "recalled a call of the future"};
    return values == expected && peers.next_round() == 5 ? Result<void>() : Error{Code::kInternal, "changed something"};
  };
  for (int rank = 0; rank < 3; ++rank) EXPECT_EQ(Failures({RunRank(session, rank, recall)}), "");
}

TEST_P(CommunicatorConformance, ResultsStayUntilTheyAreForgotten) {
  Session session = SessionOf(4);
  session.keeps_results = true;
  session.timeout = seconds(10);
  const auto expected = ExpectedSum<float>(4, 2000);
  const auto work = [&](Communicator& peers) -> Result<void> {
    for (int round = 0; round < 100; ++round) TRY(AllReduceAndCompare(peers, expected));
    peers.Forget(90);
    for (int round = 0; round < 2; ++round) TRY(AllReduceAndCompare(peers, expected));
    return {};
  };
  ASSERT_EQ(Failures(RunRanks(session, work)), "");
  const auto is_of = [this](std::uint64_t round) {
    const std::string name = StrCat("/x/all/", Padded(round, 9), ".");
    return std::ranges::any_of(
        store_.entries(), [&name](const Entry& entry) { return entry.key.text().find(name) != std::string::npos; });
  };
  EXPECT_FALSE(is_of(0));
  EXPECT_FALSE(is_of(89));
  for (std::uint64_t round = 90; round < 102; ++round) EXPECT_TRUE(is_of(round)) << round;
  // Apart from at most 8 kept messages of each call: what two sweeps leave, each of 8 calls of at most 12 messages.
  EXPECT_LE(store_.objects(), 12U * 8U + 2U * 8U * 12U);
}

TEST_P(CommunicatorConformance, WhoTakesOverForgetsWhatWasWrittenBeforeIt) {
  Session session = SessionOf(3);
  session.keeps_results = true;
  session.timeout = seconds(10);
  const auto expected = ExpectedSum<float>(3, 2000);
  const auto rounds = [&expected](Communicator& peers, int count) -> Result<void> {
    Bytes news(10);
    for (int round = 0; round < count; round += 2) {
      TRY(AllReduceAndCompare(peers, expected));
      TRY(peers.Broadcast(news, static_cast<int>(peers.next_round() % 3)));
    }
    return {};
  };
  const auto work = [&](Communicator& peers) -> Result<void> {
    TRY(rounds(peers, 50));
    if (peers.rank() != 0) {
      TRY(rounds(peers, 40));
      peers.Forget(85);
      return rounds(peers, 2);
    }
    Session next = session;
    next.replays = true;
    return RunRank(next, 0, [&rounds](Communicator& again) -> Result<void> {
      TRY(rounds(again, 90));
      again.Forget(85);
      return rounds(again, 2);
    });
  };
  ASSERT_EQ(Failures(RunRanks(session, work)), "");
  for (const Entry& entry : store_.entries()) {
    if (entry.key.text().find("/measured/") != std::string::npos) continue;
    const std::string name = entry.key.text().substr(entry.key.text().rfind('/') + 1);
    const auto round = ParseInteger(name.substr(0, name.find('.')));
    EXPECT_GE(round.value_or(0), 70) << entry.key.text();
  }
}

TEST_P(CommunicatorConformance, AStaleSumEndsTheReplay) {
  Session session = SessionOf(2);
  session.keeps_results = true;
  session.timeout = seconds(10);
  const auto stale = [](Communicator& peers, std::uint64_t staleness) -> Result<double> {
    std::vector<float> values(3, 1);
    double tally = 1;
    TRY(peers.AllReduce({.values = values, .tally = {&tally, 1}, .staleness = staleness}));
    return tally;
  };
  const auto work = [&](Communicator& peers) -> Result<void> {
    std::vector<float> values(3, 1);
    TRY(peers.AllReduce(std::span(values)));
    double had = TRY(stale(peers, 2));
    had += TRY(stale(peers, 0));
    return had == 4 ? Result<void>() : Error{Code::kInternal, StrCat("had ", had)};
  };
  const auto dies = [&](Communicator& peers) -> Result<void> {
    if (peers.rank() != 1) return work(peers);
    std::vector<float> values(3, 1);
    TRY(peers.AllReduce(std::span(values)));
    Session next = session;
    next.replays = true;
    return RunRank(next, 1, work);
  };
  EXPECT_EQ(Failures(RunRanks(session, dies)), "");
}

TEST_P(CommunicatorConformance, FindsOutWhenTheChannelHadShownAnOldState) {
  Session session = SessionOf(3);
  session.keeps_results = true;
  session.timeout = seconds(10);
  const auto expected = ExpectedSum<float>(3, 2000);
  const auto work = [&expected](Communicator& peers) -> Result<void> {
    for (int round = 0; round < 30; ++round) TRY(AllReduceAndCompare(peers, expected));
    return {};
  };
  ASSERT_EQ(Failures(RunRanks(session, work)), "");
  session.replays = true;
  store_.gets_in_vain = 1;
  EXPECT_EQ(Failures({RunRank(session, 0, work)}), "");
}

}  // namespace
}  // namespace lambdaml
