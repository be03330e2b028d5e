// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: the ranks of a job as threads over one store.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "comm/canonical_sum.h"
#include "comm/registry.h"
#include "storage/ops.h"

namespace lambdaml {

struct Session {
  Store& store;
  Clock& clock;
  std::string pattern;
  int size = 1;
  Clock::Duration timeout = std::chrono::seconds(60);
  Clock::Time deadline = Clock::Time::max();
  std::vector<int> absent{};  // ranks that never come
  WireFormat format{};
  std::size_t piece_bytes = std::size_t{4} << 20U;
  bool keeps_results = false;
  bool replays = false;
  std::uint64_t first_round = 0;
  FailureDetector* detector = nullptr;
};

inline const Key kTestJob("jobs/test/1");
inline const Key kTestAbort("jobs/test/1/abort");

using RankWork = std::function<Result<void>(Communicator& peers)>;

inline Result<void> RunRank(const Session& session, int rank, const RankWork& work) {
  const auto background = MakeBackground(4);
  const Membership membership{.store = session.store,
                              .clock = session.clock,
                              .background = *background,
                              .job = kTestJob,
                              .abort = kTestAbort,
                              .rank = rank,
                              .size = session.size,
                              .timeout = session.timeout,
                              .deadline = session.deadline,
                              .first_round = session.first_round,
                              .format = session.format,
                              .piece_bytes = session.piece_bytes,
                              .keeps_results = session.keeps_results,
                              .replays = session.replays,
                              .detector = session.detector};
  return work(*TRY(Join(session.pattern, membership)));
}

// Runs `work` once for each rank, all at once. The results are by rank; those of absent ranks are good.
inline std::vector<Result<void>> RunRanks(const Session& session, const RankWork& work) {
  std::vector<Result<void>> results(static_cast<std::size_t>(session.size));
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < session.size; ++rank) {
    if (std::ranges::count(session.absent, rank) != 0) continue;
    threads.emplace_back(
        [&session, &work, &results, rank] { results[static_cast<std::size_t>(rank)] = RunRank(session, rank, work); });
  }
  threads.clear();
  return results;
}

// As a job does it: the first rank that fails aborts the others.
inline std::vector<Result<void>> RunRanksUntilOneFails(const Session& session, const RankWork& work) {
  return RunRanks(session, [&session, &work](Communicator& peers) -> Result<void> {
    Result<void> result = work(peers);
    if (!result.ok()) TRY(Save(session.store, kTestAbort, AsBytes("another rank failed")));
    return result;
  });
}

// What went wrong, one line for each rank that failed; empty if all is well.
inline std::string Failures(const std::vector<Result<void>>& results) {
  std::string lines;
  for (const Result<void>& result : results) {
    if (!result.ok()) lines += StrCat(Name(result.error().code), ": ", result.error().message, "\n");
  }
  return lines;
}

// The vector that a rank contributes: added in another order, most of these give other bits.
template <class T>
std::vector<T> VectorOf(int rank, std::size_t length) {
  Random random(23, static_cast<std::uint64_t>(rank));
  std::vector<T> values(length);
  for (T& value : values)
    value = static_cast<T>(std::ldexp(random.Uniform() - 0.5, static_cast<int>(random.Below(32))));
  return values;
}

// What an all-reduce of the contributions must give, bit for bit.
template <class T>
std::vector<T> ExpectedSum(int ranks, std::size_t length) {
  std::vector<std::vector<T>> vectors(static_cast<std::size_t>(ranks));
  std::vector<Encoded> by_rank(vectors.size());
  for (int rank = 0; rank < ranks; ++rank) {
    const auto at = static_cast<std::size_t>(rank);
    vectors[at] = VectorOf<T>(rank, length);
    by_rank[at] = Encoded::Of(std::span<const T>(vectors[at]));
  }
  std::vector<T> sum(length);
  CanonicalSum(by_rank, Accumulate::kFloat32, Elements::Of(std::span(sum)));
  return sum;
}

// An all-reduce of the contributions; an error if it does not give `expected`.
template <class T>
Result<void> AllReduceAndCompare(Communicator& peers, const std::vector<T>& expected) {
  std::vector<T> values = VectorOf<T>(peers.rank(), expected.size());
  TRY(peers.AllReduce(std::span(values)));
  if (std::ranges::equal(std::as_bytes(std::span(values)), std::as_bytes(std::span(expected)))) return {};
  return Error{Code::kInternal, StrCat("rank ", peers.rank(), " differs from the reference, length ", values.size())};
}

}  // namespace lambdaml
