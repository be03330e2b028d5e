// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every algorithm promises, as one call in the algorithm's own test:
//
//   TEST(GaSgd, Conforms) { CheckAlgorithm({"ga_sgd", {{"batch", "50"}}}, Replay::kRecalls); }
//
// and CheckSgd for one that walks through batches. The problem is convex and small: 600 rows of 6 columns, three
// classes.

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "data/dataset.h"
#include "model/registry.h"
#include "train/registry.h"
#include "train/test_peers.h"
#include "train/test_replay.h"

namespace lambdaml::conformance {

struct Problem {
  explicit Problem(std::uint64_t row_count = 600, float scale = 1,
                   const Choice& choice = {"logistic", {{"l2", "0.001"}}})
      : model(MakeModel(choice, {.columns = kColumns, .classes = 3}).value()), values(row_count * kColumns) {
    Random random(3, row_count);
    rows.columns = kColumns;
    for (std::uint64_t row = 0; row < row_count; ++row) {
      const std::uint64_t label = random.Below(3);
      float* const x = values.data() + row * kColumns;
      for (std::size_t i = 0; i < kColumns; ++i) {
        x[i] = scale * static_cast<float>(random.Normal() + (i % 3 == label ? 1.0 : 0.0));
      }
      rows.dense.push_back(x);
      rows.labels.push_back(static_cast<float>(label));
    }
  }

  Batch Part(const RowRange& range) const {
    Batch part;
    part.columns = rows.columns;
    for (std::uint64_t row = range.begin; row < range.end; ++row) part.Append(rows, row);
    return part;
  }

  double Loss(std::span<const float> parameters) const {
    const Score score = model->Evaluate(parameters, rows);
    return score.loss / score.rows + model->penalty().ValueAt(parameters);
  }

  static constexpr std::size_t kColumns = 6;
  std::unique_ptr<Model> model;
  std::vector<float> values;
  Batch rows;
};

// Whether a rank that takes over computes again what it has brought to the calls since the last checkpoint.
enum class Replay { kComputes, kRecalls };

// What one rank saw.
struct Trace {
  std::vector<float> parameters;
  std::vector<Round> rounds;
  std::vector<std::vector<float>> history;  // the parameters after each round
  std::vector<Bytes> shared;                // the shared state after each round that caught up
  Bytes own;                                // after the last one
  std::string error;
};

struct Course {
  Choice algorithm;
  int ranks = 1;
  std::uint64_t seed = 1;
  std::uint64_t staleness = 0;
  FilterSettings filter{};
  std::int64_t rounds_max = INT64_MAX;
  std::int64_t restart_after = INT64_MAX;  // rounds, then a new algorithm continues from the saved state
  const Trace* continues = nullptr;        // a course of another number of ranks, which this one goes on from
};

inline void Follow(const Course& course, const Task& task, Communicator& peers, Trace& trace) {
  auto algorithm = MakeAlgorithm(course.algorithm, task).value();
  trace.parameters.resize(task.model.parameter_count());
  task.model.Initialise(trace.parameters, course.seed);
  if (course.continues != nullptr) {
    trace.parameters = course.continues->parameters;
    const Result<void> restored = algorithm->Restore(course.continues->shared.back(), std::nullopt);
    ASSERT_TRUE(restored.ok()) << restored.error().message;
  }
  for (std::int64_t round = 0; round < course.rounds_max; ++round) {
    if (round == course.restart_after) {
      const AlgorithmState state = algorithm->Save();
      algorithm = MakeAlgorithm(course.algorithm, task).value();
      ASSERT_TRUE(algorithm->Restore(state.shared, state.own).ok());
    }
    const auto done = algorithm->Step(peers, trace.parameters, [&peers] { return peers.rank() + 1; });
    if (!done.ok()) {
      trace.error = done.error().message;
      return;
    }
    trace.rounds.push_back(done.value());
    trace.history.push_back(trace.parameters);
    AlgorithmState state = algorithm->Save();
    trace.own = std::move(state.own);
    if (done.value().caught_up) trace.shared.push_back(std::move(state.shared));
    if (done.value().epoch >= algorithm->epochs() || done.value().converged) return;
    if (!std::isfinite(done.value().score.loss)) return;
  }
}

inline void FollowOn(const Problem& problem, const Course& course, Communicator& peers, Trace& trace) {
  const std::uint64_t total = problem.rows.rows();
  const RowRange range = PartOf(total, peers.rank(), peers.size());
  const Batch rows = problem.Part(range);
  const Task task{.model = *problem.model,
                  .rows = rows,
                  .first_row = range.begin,
                  .total_rows = total,
                  .seed = course.seed,
                  .staleness = course.staleness,
                  .rounds_max = static_cast<std::uint64_t>(course.rounds_max),
                  .filter = course.filter};
  Follow(course, task, peers, trace);
}

// The traces of all ranks.
inline std::vector<Trace> Run(const Problem& problem, const Course& course) {
  std::vector<Trace> traces(static_cast<std::size_t>(course.ranks));
  RunRanks(course.ranks, [&](Communicator& peers) {
    FollowOn(problem, course, peers, traces[static_cast<std::size_t>(peers.rank())]);
  });
  return traces;
}

inline void CheckReplicas(const Problem& problem, const Choice& choice, int ranks) {
  SCOPED_TRACE(::testing::Message() << ranks << " ranks");
  const auto traces = Run(problem, {.algorithm = choice, .ranks = ranks});
  const auto again = Run(problem, {.algorithm = choice, .ranks = ranks});
  const Trace& first = traces.front();
  ASSERT_EQ(first.error, "");
  for (const Trace& trace : traces) {
    EXPECT_EQ(trace.history, first.history);
    EXPECT_TRUE(trace.shared == first.shared);
  }
  EXPECT_EQ(again.front().history, first.history);
  std::vector<float> start(problem.model->parameter_count());
  problem.model->Initialise(start, 1);
  EXPECT_LT(problem.Loss(first.parameters), 0.85 * problem.Loss(start));
}

// Another seed takes another course.
inline void CheckSeed(const Problem& problem, const Choice& choice) {
  EXPECT_NE(Run(problem, {.algorithm = choice, .ranks = 2, .seed = 2}).front().history,
            Run(problem, {.algorithm = choice, .ranks = 2}).front().history);
}

// Rounds tell scores, epochs and votes; one that finds that nothing is left to do need not take part in any.
inline void CheckRounds(const Problem& problem, const Choice& choice, int ranks) {
  SCOPED_TRACE(::testing::Message() << ranks << " ranks");
  double epochs = 0;
  const Trace trace = Run(problem, {.algorithm = choice, .ranks = ranks}).back();
  for (const Round& round : trace.rounds) {
    EXPECT_TRUE(round.caught_up);
    if (round.converged && round.epoch == epochs) continue;
    EXPECT_EQ(round.votes, ranks * (ranks + 1) / 2);
    EXPECT_GT(round.epoch, epochs);
    epochs = round.epoch;
    EXPECT_GT(round.score.rows, 0);
    EXPECT_GT(round.score.loss, 0);
    EXPECT_LE(round.score.correct, round.score.rows);
  }
}

// An epoch has every row once.
inline void CheckEpochs(const Problem& problem, const Choice& choice, int ranks) {
  SCOPED_TRACE(::testing::Message() << ranks << " ranks");
  Score score;
  const Trace trace = Run(problem, {.algorithm = choice, .ranks = ranks}).back();
  for (const Round& round : trace.rounds) {
    score.Add(round.score);
    EXPECT_EQ(round.epoch_ended, round.epoch == std::floor(round.epoch));
    if (round.epoch_ended) {
      EXPECT_EQ(score.rows, round.epoch * static_cast<double>(problem.rows.rows()));
    }
  }
  EXPECT_GT(score.correct, score.rows / 3);
}

inline void CheckRestart(const Problem& problem, Course course) {
  SCOPED_TRACE(::testing::Message() << course.ranks << " ranks, filter " << course.filter.kind);
  const Trace whole = Run(problem, course).front();
  const auto half = static_cast<std::int64_t>(whole.rounds.size() / 2);
  for (const std::int64_t after : {std::int64_t{0}, std::int64_t{1}, half}) {
    course.restart_after = after;
    const Trace parts = Run(problem, course).front();
    EXPECT_EQ(parts.parameters, whole.parameters) << "after " << after << " rounds";
  }
}

// A rank that takes over is told the results of all calls, and has in the end what the others have. Where what it would
// have brought leaves no traces in it, it does not compute that.
inline void CheckReplay(const Problem& problem, const Course& course, Replay replay) {
  SCOPED_TRACE(::testing::Message() << "filter " << course.filter.kind);
  std::vector<Trace> traces(static_cast<std::size_t>(course.ranks));
  std::vector<std::vector<RecordedCall>> calls(traces.size());
  RunRanks(course.ranks, [&](Communicator& peers) {
    const auto rank = static_cast<std::size_t>(peers.rank());
    RecordingPeers recorder(peers, calls[rank]);
    FollowOn(problem, course, recorder, traces[rank]);
  });
  for (std::size_t rank = 0; rank < traces.size(); ++rank) {
    ReplayingPeers alone(static_cast<int>(rank), course.ranks, calls[rank]);
    Trace again;
    FollowOn(problem, course, alone, again);
    EXPECT_EQ(again.error, "");
    EXPECT_TRUE(alone.IsOver());
    EXPECT_EQ(again.history, traces[rank].history);
    EXPECT_TRUE(again.shared == traces[rank].shared);
    EXPECT_TRUE(again.own == traces[rank].own);
    EXPECT_EQ(again.rounds.back().votes, traces[rank].rounds.back().votes);
    EXPECT_EQ(alone.contributions() == 0, replay == Replay::kRecalls);
  }
}

// Half of the way with one number of ranks, half with another: as far as without.
inline void CheckRedealt(const Problem& problem, const Choice& choice, std::uint64_t staleness, double tolerance) {
  for (const auto& [before, after] : {std::pair{3, 2}, {1, 4}}) {
    SCOPED_TRACE(::testing::Message() << before << " ranks, then " << after << ", staleness " << staleness);
    Course course{.algorithm = choice, .ranks = before, .staleness = staleness};
    const Trace whole = Run(problem, course).front();
    course.rounds_max = static_cast<std::int64_t>(whole.rounds.size() / 2);
    const Trace begun = Run(problem, course).front();
    ASSERT_FALSE(begun.rounds.back().converged);
    course.ranks = after;
    course.rounds_max = INT64_MAX;
    course.continues = &begun;
    const auto ended = Run(problem, course);
    for (const Trace& trace : ended) {
      EXPECT_EQ(trace.parameters, ended.front().parameters);
      EXPECT_TRUE(trace.shared == ended.front().shared);
    }
    EXPECT_GT(ended.front().rounds.front().epoch, begun.rounds.back().epoch);
    EXPECT_NEAR(problem.Loss(ended.front().parameters), problem.Loss(whole.parameters),
                tolerance * problem.Loss(whole.parameters));
  }
}

// However late contributions come, the ranks agree at the end of each epoch, have had every row, and learn as much in
// 20 epochs as ranks that wait for each other.
inline void CheckStaleness(const Problem& problem, Choice choice, std::uint64_t staleness) {
  SCOPED_TRACE(::testing::Message() << "staleness " << staleness);
  choice.settings["epochs"] = "20";
  const double loss = problem.Loss(Run(problem, {.algorithm = choice, .ranks = 3}).front().parameters);
  const auto traces = Run(problem, {.algorithm = choice, .ranks = 3, .staleness = staleness});
  const Trace& first = traces.front();
  double rows = 0;
  for (std::size_t i = 0; i < first.rounds.size(); ++i) {
    const Round& round = first.rounds[i];
    rows += round.score.rows;
    EXPECT_EQ(round.caught_up, round.epoch_ended);
    EXPECT_EQ(round.votes, round.caught_up ? 6 : 0);
    if (!round.caught_up) continue;
    for (const Trace& trace : traces) EXPECT_EQ(trace.history[i], first.history[i]);
    for (const Trace& trace : traces) EXPECT_TRUE(trace.shared == first.shared);
    EXPECT_EQ(rows, round.epoch * static_cast<double>(problem.rows.rows()));
  }
  EXPECT_NEAR(problem.Loss(first.parameters), loss, 0.02 * loss);
}

// Training that ends within an epoch ends with equal parameters, too.
inline void CheckStaleEnd(const Problem& problem, Choice choice) {
  choice.settings["epochs"] = "1.5";
  const auto traces = Run(problem, {.algorithm = choice, .ranks = 3, .staleness = kAnyStaleness});
  EXPECT_TRUE(traces.front().rounds.back().caught_up);
  for (const Trace& trace : traces) EXPECT_EQ(trace.parameters, traces.front().parameters);
}

inline void CheckRestoreRefuses(const Problem& problem, const Choice& choice) {
  const Task task{.model = *problem.model, .rows = problem.rows, .total_rows = problem.rows.rows()};
  const auto algorithm = MakeAlgorithm(choice, task).value();
  auto [shared, own] = algorithm->Save();
  ASSERT_TRUE(algorithm->Restore(shared, own).ok());
  EXPECT_FALSE(algorithm->Restore(ByteSpan(shared).first(shared.size() - 1), own).ok());
  EXPECT_FALSE(algorithm->Restore({}, own).ok());
  Bytes longer = own;
  longer.push_back(std::byte{1});
  EXPECT_FALSE(algorithm->Restore(shared, longer).ok());
  for (std::size_t size = 0; size < own.size(); ++size) {
    EXPECT_FALSE(algorithm->Restore(shared, ByteSpan(own).first(size)).ok()) << size;
  }
  shared[0] ^= std::byte{1};
  EXPECT_FALSE(algorithm->Restore(shared, own).ok());
}

// Numbers that overflow: every rank sees in the same round that the loss is not finite.
inline void CheckDivergence(Choice choice) {
  choice.settings["learning_rate"] = "1e6";
  const Problem problem(100, 1e18F);
  const auto traces = Run(problem, {.algorithm = choice, .ranks = 3});
  for (const Trace& trace : traces) {
    EXPECT_FALSE(std::isfinite(trace.rounds.back().score.loss));
    EXPECT_EQ(trace.rounds.size(), traces.front().rounds.size());
  }
}

// Why the algorithm does not take this task; empty if it does.
inline std::string Refusal(const Problem& problem, const Choice& choice, std::uint64_t staleness,
                           const FilterSettings& filter) {
  const Task task{.model = *problem.model,
                  .rows = problem.rows,
                  .total_rows = problem.rows.rows(),
                  .staleness = staleness,
                  .filter = filter};
  const auto made = MakeAlgorithm(choice, task);
  return made.ok() ? "" : made.error().message;
}

}  // namespace lambdaml::conformance

namespace lambdaml {

// `tolerance` is how far the losses of two ways to the optimum may be apart, as a share of them.
inline void CheckAlgorithm(const Choice& choice, conformance::Replay replay, double tolerance = 1e-3) {
  const conformance::Problem problem;
  for (const int ranks : {1, 2, 3, 4}) conformance::CheckReplicas(problem, choice, ranks);
  for (const int ranks : {1, 3}) {
    conformance::CheckRounds(problem, choice, ranks);
    conformance::CheckRestart(problem, {.algorithm = choice, .ranks = ranks});
  }
  conformance::CheckRedealt(problem, choice, 0, tolerance);
  conformance::CheckReplay(problem, {.algorithm = choice, .ranks = 3}, replay);
  conformance::CheckRestoreRefuses(problem, choice);
}

inline void CheckSgd(const Choice& choice, conformance::Replay replay, double tolerance = 0.02) {
  CheckAlgorithm(choice, replay, tolerance);
  const conformance::Problem problem;
  conformance::CheckSeed(problem, choice);
  for (const int ranks : {1, 3}) {
    conformance::CheckEpochs(problem, choice, ranks);
    for (const char* const filter : {"top_k", "significance"}) {
      conformance::CheckRestart(problem, {.algorithm = choice, .ranks = ranks, .filter = {.kind = filter}});
    }
  }
  const FilterSettings filter{.kind = "significance"};
  conformance::CheckReplay(problem, {.algorithm = choice, .ranks = 3, .filter = filter},
                           conformance::Replay::kComputes);
  for (const std::uint64_t staleness : {std::uint64_t{1}, std::uint64_t{4}, kAnyStaleness}) {
    conformance::CheckStaleness(problem, choice, staleness);
  }
  conformance::CheckStaleEnd(problem, choice);
  Choice longer = choice;
  longer.settings["epochs"] = "20";
  conformance::CheckRedealt(problem, longer, 1, 0.02);
}

}  // namespace lambdaml
