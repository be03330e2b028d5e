// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"
#include "data/dataset.h"
#include "model/clusters.h"
#include "model/registry.h"
#include "train/registry.h"
#include "train/test_peers.h"
#include "train/test_replay.h"

namespace lambdaml {
namespace {

// Rows around centres on a circle of radius 10.
struct Blobs {
  Blobs(std::size_t row_count, std::size_t blob_count, std::size_t columns = 2, double spread = 1)
      : values(row_count * columns), index(values.size()) {
    Random random(5, row_count);
    dense.columns = sparse.columns = columns;
    for (std::size_t row = 0; row < row_count; ++row) {
      const double angle = 6.28318 * static_cast<double>(random.Below(blob_count)) / static_cast<double>(blob_count);
      float* const x = values.data() + row * columns;
      for (std::size_t i = 0; i < columns; ++i) {
        const double centre = 10 * (i % 2 == 0 ? std::cos(angle) : std::sin(angle));
        x[i] = static_cast<float>(centre + spread * random.Normal());
        index[row * columns + i] = static_cast<std::uint32_t>(i);
      }
      dense.dense.push_back(x);
      sparse.sparse.push_back({index.data() + row * columns, x, static_cast<std::uint32_t>(columns)});
    }
    dense.labels.resize(row_count);
    sparse.labels.resize(row_count);
  }

  std::vector<float> values;
  std::vector<std::uint32_t> index;
  Batch dense;
  Batch sparse;
};

struct Course {
  std::size_t k = 5;
  std::map<std::string, std::string> settings = {};
  int ranks = 1;
  std::uint64_t seed = 1;
  std::vector<float> start = {};           // zeros if empty
  std::int64_t restart_after = INT64_MAX;  // rounds
  std::vector<RowRange> shards = {};       // of each rank; equal ones if empty
};

struct Trace {
  std::vector<float> centres;
  std::vector<Round> rounds;
  std::string error;

  double inertia() const { return rounds.back().score.loss; }
};

Batch Part(const Batch& rows, const RowRange& range) {
  Batch part;
  part.columns = rows.columns;
  for (std::uint64_t row = range.begin; row < range.end; ++row) part.Append(rows, row);
  return part;
}

std::unique_ptr<Model> Kmeans(std::size_t k, std::size_t columns) {
  return MakeModel({"kmeans", {{"k", std::to_string(k)}}}, {.columns = columns}).value();
}

void Follow(const Course& course, const Task& task, Communicator& peers, Trace& trace) {
  const Choice choice{"em", course.settings};
  auto algorithm = MakeAlgorithm(choice, task).value();
  trace.centres = course.start;
  trace.centres.resize(task.model.parameter_count());
  for (std::int64_t round = 0;; ++round) {
    if (round == course.restart_after) {
      const AlgorithmState state = algorithm->Save();
      algorithm = MakeAlgorithm(choice, task).value();
      ASSERT_TRUE(algorithm->Restore(state.shared, state.own).ok());
    }
    const auto done = algorithm->Step(peers, trace.centres, [&peers] { return peers.rank() + 1; });
    if (!done.ok()) {
      trace.error = done.error().message;
      return;
    }
    trace.rounds.push_back(done.value());
    if (done.value().converged || done.value().epoch >= algorithm->epochs()) return;
  }
}

std::vector<Trace> Cluster(const Batch& rows, const Course& course) {
  const auto model = Kmeans(course.k, rows.columns);
  std::vector<Trace> traces(static_cast<std::size_t>(course.ranks));
  RunRanks(course.ranks, [&](Communicator& peers) {
    const auto rank = static_cast<std::size_t>(peers.rank());
    const RowRange range =
        course.shards.empty() ? PartOf(rows.rows(), peers.rank(), peers.size()) : course.shards[rank];
    const Batch part = Part(rows, range);
    Follow(course,
           {.model = *model, .rows = part, .first_row = range.begin, .total_rows = rows.rows(), .seed = course.seed},
           peers, traces[rank]);
  });
  for (const Trace& trace : traces) {
    EXPECT_EQ(trace.error, "");
    EXPECT_EQ(trace.centres, traces.front().centres);
  }
  return traces;
}

double Measure(const Round& round, const std::string& name) {
  for (const auto& [key, value] : round.measures) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no measure " << name;
  return 0;
}

TEST(Em, StepIsTheMeanOfTheMembers) {
  const std::vector<float> x = {0, 1, 2, 10, 14};
  Batch rows{.columns = 1, .dense = {}, .sparse = {}, .labels = std::vector<float>(5)};
  for (const float& value : x) rows.dense.push_back(&value);
  const Trace trace =
      Cluster(rows, {.k = 2, .settings = {{"init", "given"}, {"epochs", "1"}}, .start = {3, 9}}).front();
  EXPECT_EQ(trace.centres, (std::vector<float>{1, 12}));
  EXPECT_EQ(trace.rounds[0].score.loss, 9 + 4 + 1 + 1 + 25);
  EXPECT_EQ(trace.rounds[0].score.rows, 5);
  EXPECT_EQ(trace.rounds[0].epoch, 1);
  EXPECT_EQ(trace.rounds[0].votes, 1);
  const double variance = (0 + 1 + 4 + 100 + 196) / 5.0 - 5.4 * 5.4;
  EXPECT_NEAR(Measure(trace.rounds[0], "movement"), (4 + 9) / variance, 1e-6);
}

TEST(Em, InertiaFallsUntilItIsLeast) {
  const Blobs blobs(2000, 5);
  const Trace trace = Cluster(blobs.dense, {.settings = {{"tolerance", "0"}}}).front();
  for (std::size_t i = 1; i < trace.rounds.size(); ++i) {
    EXPECT_LE(trace.rounds[i].score.loss, trace.rounds[i - 1].score.loss * (1 + 1e-6));
  }
  EXPECT_TRUE(trace.rounds.back().converged);
  EXPECT_LT(Measure(trace.rounds.back(), "movement"), 1e-9);
  EXPECT_NEAR(trace.inertia(), 2 * 2000, 0.1 * 2 * 2000);  // two columns of variance 1
}

TEST(Em, NumberOfRanksDoesNotChangeTheAnswer) {
  const Blobs blobs(1500, 9, 3);
  for (const std::string init : {"parallel", "random"}) {
    for (const Batch& rows : {blobs.dense, blobs.sparse}) {
      const Course course{.k = 9, .settings = {{"init", init}, {"epochs", "8"}, {"tolerance", "0"}}};
      const Trace alone = Cluster(rows, course).front();
      for (const int ranks : {2, 4, 7}) {
        Course shared = course;
        shared.ranks = ranks;
        const Trace trace = Cluster(rows, shared).front();
        ASSERT_EQ(trace.rounds.size(), alone.rounds.size());
        EXPECT_EQ(trace.rounds.front().score.rows, 1500);
        EXPECT_NEAR(trace.rounds.front().score.loss, alone.rounds.front().score.loss, 1e-5 * alone.inertia());
        EXPECT_NEAR(trace.inertia(), alone.inertia(), 1e-5 * alone.inertia()) << init << " " << ranks;
      }
    }
  }
}

// Means of shards are not averaged: each row counts once, wherever it is.
TEST(Em, ShardsOfVeryDifferentSize) {
  const Blobs blobs(1000, 4);
  const Course course{.k = 4, .settings = {{"epochs", "5"}}};
  const Trace alone = Cluster(blobs.dense, course).front();
  Course uneven = course;
  uneven.ranks = 3;
  uneven.shards = {{0, 10}, {10, 10}, {10, 1000}};
  const Trace trace = Cluster(blobs.dense, uneven).front();
  EXPECT_NEAR(trace.inertia(), alone.inertia(), 1e-5 * alone.inertia());
}

TEST(Em, SameSeedSameBits) {
  const Blobs blobs(800, 6);
  for (const int ranks : {1, 3}) {
    const Course course{.settings = {{"batch", "100"}, {"epochs", "3"}}, .ranks = ranks};
    EXPECT_EQ(Cluster(blobs.dense, course).front().centres, Cluster(blobs.dense, course).front().centres);
    Course other = course;
    other.seed = 2;
    EXPECT_NE(Cluster(blobs.dense, other).front().centres, Cluster(blobs.dense, course).front().centres);
  }
}

TEST(Em, RestartGivesTheSameBits) {
  const Blobs blobs(900, 7);
  for (const std::string batch : {"0", "100"}) {
    Course course{.k = 7, .settings = {{"batch", batch}, {"epochs", "4"}, {"tolerance", "0"}}, .ranks = 2};
    course.settings["init"] = "random";
    const Trace whole = Cluster(blobs.dense, course).front();
    for (const std::int64_t after : {0, 1, 3, 11}) {
      course.restart_after = after;
      const Trace parts = Cluster(blobs.dense, course).front();
      EXPECT_EQ(parts.centres, whole.centres) << "batch " << batch << " after " << after;
      EXPECT_EQ(parts.rounds.size(), whole.rounds.size());
    }
  }
}

// With centres given and no cluster empty, a rank that takes over makes no pass over its rows.
TEST(Em, RecallsWhatIsKnown) {
  const Blobs blobs(300, 5);
  for (const std::string batch : {"0", "60"}) {
    const Course course{
        .k = 3, .settings = {{"init", "given"}, {"batch", batch}, {"epochs", "4"}}, .start = {1, 2, 3, 4, 5, 6}};
    const auto model = Kmeans(course.k, 2);
    const Task task{.model = *model, .rows = blobs.dense, .total_rows = 300, .seed = 1};
    std::vector<RecordedCall> calls;
    Trace whole;
    RunRanks(1, [&](Communicator& peers) {
      RecordingPeers recorder(peers, calls);
      Follow(course, task, recorder, whole);
    });
    ReplayingPeers alone(0, 1, calls);
    Trace again;
    Follow(course, task, alone, again);
    EXPECT_TRUE(alone.IsOver());
    EXPECT_EQ(alone.contributions(), 0);
    EXPECT_GT(whole.rounds.size(), 2U);
    EXPECT_EQ(again.centres, whole.centres);
    EXPECT_EQ(again.rounds.size(), whole.rounds.size());
  }
}

TEST(Em, RestoreRefusesWhatIsNotItsState) {
  const Blobs blobs(20, 2);
  const auto model = Kmeans(3, 2);
  const auto other = Kmeans(4, 2);
  const Task task{.model = *model, .rows = blobs.dense, .total_rows = 20};
  const auto algorithm = MakeAlgorithm({"em", {}}, task).value();
  Bytes state = algorithm->Save().shared;
  EXPECT_TRUE(algorithm->Save().own.empty());
  EXPECT_TRUE(algorithm->Restore(state, ByteSpan()).ok());
  EXPECT_TRUE(algorithm->Restore(state, std::nullopt).ok());
  EXPECT_FALSE(algorithm->Restore(state, state).ok());
  EXPECT_FALSE(algorithm->Restore(ByteSpan(state).first(state.size() - 1), std::nullopt).ok());
  EXPECT_FALSE(algorithm->Restore({}, std::nullopt).ok());
  const Task of_other{.model = *other, .rows = blobs.dense, .total_rows = 20};
  EXPECT_FALSE(MakeAlgorithm({"em", {}}, of_other).value()->Restore(state, std::nullopt).ok());
  const auto batches = MakeAlgorithm({"em", {{"batch", "5"}}}, task).value();
  EXPECT_NE(batches->Restore(state, std::nullopt).error().message.find("this job has 3 and 4"), std::string::npos);
  state[0] ^= std::byte{1};
  EXPECT_FALSE(algorithm->Restore(state, std::nullopt).ok());
}

// After a batch, a centre is the mean of all rows that it has had.
TEST(Em, BatchesMoveCentresToRunningMeans) {
  const std::vector<float> x = {1, 2, 3, 4, 5, 6};
  Batch rows{.columns = 1, .dense = {}, .sparse = {}, .labels = std::vector<float>(6)};
  for (const float& value : x) rows.dense.push_back(&value);
  const Course course{.k = 1, .settings = {{"init", "given"}, {"batch", "2"}, {"epochs", "1"}}, .start = {100}};
  const Trace trace = Cluster(rows, course).front();
  EXPECT_EQ(trace.rounds.size(), 3U);
  EXPECT_NEAR(trace.centres[0], 3.5, 1e-5);
  EXPECT_FALSE(trace.rounds[0].epoch_ended);
  EXPECT_TRUE(trace.rounds[2].epoch_ended);
}

TEST(Em, BatchesFindTheBlobs) {
  const Blobs blobs(4000, 5);
  const double lloyd = Cluster(blobs.dense, {}).front().inertia();
  for (const int ranks : {1, 4}) {
    const Course course{.settings = {{"batch", "200"}, {"epochs", "3"}}, .ranks = ranks};
    const Trace trace = Cluster(blobs.dense, course).front();
    const double inertia = Kmeans(5, 2)->Evaluate(trace.centres, blobs.dense).loss;
    EXPECT_LT(inertia, 1.02 * lloyd) << ranks;
  }
}

// All rows are nearest to the first centre.
TEST(Em, EmptyClustersMoveToTheFarthestRows) {
  const Blobs blobs(1200, 6);
  Course course{.k = 6, .settings = {{"init", "given"}, {"empty", "keep"}}, .start = std::vector<float>(12, 1000)};
  course.start[0] = course.start[1] = 0;
  const Trace kept = Cluster(blobs.dense, course).front();
  EXPECT_EQ(Measure(kept.rounds.back(), "empty"), 5);
  for (std::size_t i = 2; i < kept.centres.size(); ++i) EXPECT_EQ(kept.centres[i], 1000);
  course.settings["empty"] = "farthest";
  const Trace alone = Cluster(blobs.dense, course).front();
  EXPECT_EQ(Measure(alone.rounds.front(), "empty"), 5);
  EXPECT_EQ(Measure(alone.rounds.back(), "empty"), 0);
  EXPECT_FALSE(alone.rounds.front().converged);
  EXPECT_LT(alone.inertia(), 0.2 * kept.inertia());
  for (const int ranks : {2, 4}) {
    course.ranks = ranks;
    EXPECT_NEAR(Cluster(blobs.dense, course).front().inertia(), alone.inertia(), 1e-5 * alone.inertia()) << ranks;
  }
}

// The farthest row is nobody's neighbour: the cluster stays there.
TEST(Em, AnEmptyClusterMovesToTheOneFarthestRow) {
  const std::vector<float> x = {0, 1, 2, 3, 50};
  Batch rows{.columns = 1, .dense = {}, .sparse = {}, .labels = std::vector<float>(5)};
  for (const float& value : x) rows.dense.push_back(&value);
  const Course course{.k = 2, .settings = {{"init", "given"}}, .ranks = 3, .start = {0, -1000}};
  const Trace trace = Cluster(rows, course).front();
  EXPECT_EQ(trace.centres, (std::vector<float>{1.5F, 50}));
}

TEST(Em, FewerDifferentRowsThanClusters) {
  const std::vector<float> x = {1, 5, 9};
  const std::uint32_t column = 0;
  Batch dense{.columns = 1, .dense = {}, .sparse = {}, .labels = std::vector<float>(30)};
  Batch sparse{.columns = 1, .dense = {}, .sparse = {}, .labels = std::vector<float>(30)};
  for (std::size_t row = 0; row < 30; ++row) {
    dense.dense.push_back(&x[row % 3]);
    sparse.sparse.push_back({&column, &x[row % 3], 1});
  }
  for (const std::string init : {"parallel", "random", "given"}) {
    for (const Batch& rows : {dense, sparse}) {
      const Trace trace = Cluster(rows, {.k = 8, .settings = {{"init", init}}, .ranks = 2}).front();
      EXPECT_TRUE(trace.rounds.back().converged) << init;
      EXPECT_NEAR(trace.inertia(), 0, 1e-9) << init;
      const std::set<float> places(trace.centres.begin(), trace.centres.end());
      for (const float value : x) EXPECT_TRUE(places.contains(value)) << init << " " << value;
    }
  }
}

TEST(Em, AsManyClustersAsRows) {
  const Blobs blobs(40, 3);
  for (const std::string init : {"parallel", "random"}) {
    const Trace trace = Cluster(blobs.dense, {.k = 40, .settings = {{"init", init}}, .ranks = 3}).front();
    EXPECT_NEAR(trace.inertia(), 0, 1e-3) << init;
  }
}

TEST(Em, StopsByInertia) {
  const Blobs blobs(2000, 5, 2, 5);  // one cloud, in which centres go on moving for long
  const Course course{.k = 20, .settings = {{"tolerance", "0"}, {"inertia_tolerance", "0.01"}}};
  const Trace trace = Cluster(blobs.dense, course).front();
  ASSERT_GE(trace.rounds.size(), 2U);
  EXPECT_TRUE(trace.rounds.back().converged);
  const std::size_t last = trace.rounds.size() - 1;
  EXPECT_GE(trace.rounds[last].score.loss, 0.99 * trace.rounds[last - 1].score.loss);
  EXPECT_LT(trace.rounds.size(),
            Cluster(blobs.dense, {.k = 20, .settings = {{"tolerance", "0"}}}).front().rounds.size());
}

TEST(Em, TenThousandClusters) {
  const Blobs blobs(20'000, 100, 4);
  const Course course{.k = 10'000, .settings = {{"init", "random"}, {"epochs", "2"}}, .ranks = 2};
  const Trace trace = Cluster(blobs.dense, course).front();
  EXPECT_LT(trace.rounds[1].score.loss, 0.8 * trace.rounds[0].score.loss);
}

// More than 256 clusters of rows that are mostly zeros.
TEST(Em, ManyClustersOfSparseRows) {
  constexpr std::size_t kColumns = 2000;
  Random random(9, 0);
  std::vector<std::uint32_t> index;
  const std::vector<float> ones(5, 1.0F);
  for (std::size_t row = 0; row < 3000; ++row) {
    const auto topic = static_cast<std::uint32_t>(row % 300);
    for (std::uint32_t i = 0; i < 4; ++i) index.push_back(topic * 5 + i);
    index.push_back(1500 + static_cast<std::uint32_t>(random.Below(500)));
  }
  Batch rows{.columns = kColumns, .dense = {}, .sparse = {}, .labels = std::vector<float>(3000)};
  for (std::size_t row = 0; row < 3000; ++row) rows.sparse.push_back({index.data() + 5 * row, ones.data(), 5});
  const Trace trace = Cluster(rows, {.k = 300, .settings = {{"epochs", "6"}}, .ranks = 2}).front();
  EXPECT_LT(trace.inertia(), 1.5 * 3000);  // the word that has nothing to do with the topic
}

TEST(Em, ReportsWhatIsNotFinite) {
  Blobs blobs(100, 3);
  for (float& value : blobs.values) value *= 1e25F;
  const Course course{.k = 3, .settings = {{"epochs", "2"}}, .ranks = 2};
  for (const Trace& trace : Cluster(blobs.dense, course)) EXPECT_FALSE(std::isfinite(trace.inertia()));
}

TEST(Em, RefusesWhatItCannotTrain) {
  const Blobs blobs(7, 2);
  const auto model = Kmeans(8, 2);
  const auto linear = MakeModel({"logistic", {}}, {.columns = 2, .classes = 2}).value();
  const auto refusal = [](const Task& task, const std::string& kind) {
    const auto made = MakeAlgorithm({kind, {}}, task);
    return made.ok() ? "" : made.error().message;
  };
  Task task{.model = *model, .rows = blobs.dense, .total_rows = 7};
  EXPECT_EQ(refusal(task, "em"), "algorithm em cannot make 8 clusters of 7 training rows; choose a smaller k");
  task.total_rows = 0;
  EXPECT_EQ(refusal(task, "em"), "algorithm em has no rows to train on; check the data");
  task.total_rows = 70;
  EXPECT_EQ(refusal(task, "em"), "");
  task.staleness = 1;
  EXPECT_NE(refusal(task, "em").find("choose sync bsp"), std::string::npos);
  task.staleness = 0;
  task.filter.kind = "top_k";
  EXPECT_NE(refusal(task, "em").find("choose filter none"), std::string::npos);
  task.filter = {};
  for (const AlgorithmKind& kind : AlgorithmKinds()) {
    if (kind.name == "em") continue;
    EXPECT_EQ(refusal(task, std::string(kind.name)),
              "algorithm " + std::string(kind.name) + " does not train clusters; choose em");
  }
  const Task other{.model = *linear, .rows = blobs.dense, .total_rows = 7};
  EXPECT_NE(refusal(other, "em").find("choose model kmeans"), std::string::npos);
}

}  // namespace
}  // namespace lambdaml
