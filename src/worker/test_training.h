// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: all ranks of a small job as threads that meet in memory, each with a trainer and a clock of its own, which
// stands still unless the test says how long a round takes.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "data/dataset.h"
#include "model/registry.h"
#include "storage/testing/virtual_clock.h"
#include "train/registry.h"
#include "train/test_peers.h"
#include "worker/exchange_settings.h"
#include "worker/trainer.h"

namespace lambdaml::testing {

inline constexpr std::size_t kColumns = 4;

// Rows around three points; the labels are classes, or numbers for a model that learns these.
struct RandomRows {
  RandomRows(std::uint64_t count, std::uint64_t stream, Learns learns) : values(count * kColumns) {
    Random random(5, stream);
    batch.columns = kColumns;
    for (std::uint64_t row = 0; row < count; ++row) {
      const std::uint64_t label = random.Below(3);
      float* const x = values.data() + row * kColumns;
      for (std::size_t i = 0; i < kColumns; ++i) {
        x[i] = static_cast<float>(0.7 * random.Normal() + (i == label ? 1.5 : 0.0));
      }
      batch.dense.push_back(x);
      batch.labels.push_back(learns == Learns::kNumbers ? x[0] - 2 * x[3] + 0.1F * static_cast<float>(random.Normal())
                                                        : static_cast<float>(label));
    }
  }

  Batch Part(const RowRange& range) const {
    Batch part;
    part.columns = kColumns;
    for (std::uint64_t row = range.begin; row < range.end; ++row) part.Append(batch, row);
    return part;
  }

  std::vector<float> values;
  Batch batch;
};

struct SavedState {
  TrainingState state;
  Purpose purpose = Purpose::kKeepOn;
};

// What one rank had in the end.
struct Outcome {
  std::string error;
  Trained trained;
  std::vector<float> parameters;
  std::vector<SavedState> saved;
  std::int64_t votes_asked = 0;  // of this function: one a round that caught up
};

// What the functions of one run are told.
struct Orders {
  std::function<std::int64_t(std::int64_t round)> votes = [](std::int64_t) { return std::int64_t{0}; };  // of rank 0
  const std::vector<SavedState>* from = nullptr;  // of each rank; of another number of ranks only the shared state
  Restored::Run run = Restored::Run::kSame;
  Clock::Duration round_time{};
  Result<void> after_checkpoint{};
};

inline JobSpec SpecOf(const Choice& model, const Choice& algorithm) {
  JobSpec spec;
  spec.model = model;
  spec.algorithm = algorithm;
  spec.workers = 3;
  return spec;
}

class TrainedJob {
 public:
  explicit TrainedJob(const JobSpec& spec)
      : spec_(spec),
        model_(MakeModel(spec.model, {.columns = kColumns, .classes = spec.model.kind == "linear" ? 0U : 3U}).value()),
        train_(180, 1, model_->learns()),
        test_(60, 2, model_->learns()) {}

  // All ranks must come to the same end.
  std::vector<Outcome> Run(const Orders& orders) const {
    std::vector<Outcome> outcomes(static_cast<std::size_t>(spec_.workers));
    RunRanks(static_cast<int>(spec_.workers),
             [&](Communicator& peers) { RunRank(orders, peers, outcomes[static_cast<std::size_t>(peers.rank())]); });
    for (const Outcome& outcome : outcomes) {
      EXPECT_EQ(outcome.error, outcomes[0].error);
      EXPECT_EQ(outcome.parameters, outcomes[0].parameters);
      EXPECT_EQ(outcome.trained.ending, outcomes[0].trained.ending);
      EXPECT_EQ(outcome.saved.size(), outcomes[0].saved.size());
    }
    return outcomes;
  }

 private:
  Share ShareOf(const Communicator& peers) const {
    const RowRange range = PartOf(train_.batch.rows(), peers.rank(), peers.size());
    Share share;
    share.train = train_.Part(range);
    share.first_row = range.begin;
    share.total_rows = train_.batch.rows();
    share.test = test_.Part(PartOf(test_.batch.rows(), peers.rank(), peers.size()));
    share.test_rows = test_.batch.rows();
    return share;
  }

  void RunRank(const Orders& orders, Communicator& peers, Outcome& outcome) const {
    const Share share = ShareOf(peers);
    const Task task{.model = *model_,
                    .rows = share.train,
                    .first_row = share.first_row,
                    .total_rows = share.total_rows,
                    .seed = static_cast<std::uint64_t>(spec_.seed),
                    .staleness = StalenessOf(spec_),
                    .rounds_max = static_cast<std::uint64_t>(spec_.stop.rounds),
                    .filter = FilterOf(spec_.exchange)};
    const auto algorithm = MakeAlgorithm(spec_.algorithm, task);
    ASSERT_TRUE(algorithm.ok()) << algorithm.error().message;
    VirtualClock clock;
    const std::int64_t rounds_before = orders.from == nullptr ? 0 : orders.from->front().state.rounds;
    const TrainerHooks hooks{.vote =
                                 [&] {
                                   clock.Advance(orders.round_time);
                                   ++outcome.votes_asked;
                                   return peers.rank() == 0 ? orders.votes(rounds_before + outcome.votes_asked) : 0;
                                 },
                             .round_is_due = [] { return false; },
                             .after_round = [](const CurvePoint&) {},
                             .after_epoch = [](const CurvePoint&) {},
                             .checkpoint = [&](const TrainingState& state, Purpose purpose) -> Result<void> {
                               outcome.saved.push_back({state, purpose});
                               return orders.after_checkpoint;
                             }};
    outcome.parameters.resize(model_->parameter_count());
    model_->Initialise(outcome.parameters, task.seed);
    const TrainerParts parts{spec_, *model_, share, *algorithm.value(), peers, clock};
    const std::optional<Restored> from = FromOf(orders, peers);
    Result<Trained> trained = Train(parts, hooks, outcome.parameters, from ? &*from : nullptr);
    if (!trained.ok()) outcome.error = trained.error().message;
    if (trained.ok()) outcome.trained = std::move(trained).value();
  }

  static std::optional<Restored> FromOf(const Orders& orders, const Communicator& peers) {
    if (orders.from == nullptr) return std::nullopt;
    Restored from{.shared = orders.from->front().state.shared, .own = {}, .run = orders.run};
    if (static_cast<int>(orders.from->size()) == peers.size()) {
      from.own = (*orders.from)[static_cast<std::size_t>(peers.rank())].state.own;
    }
    return from;
  }

  JobSpec spec_;
  std::unique_ptr<Model> model_;
  RandomRows train_;
  RandomRows test_;
};

}  // namespace lambdaml::testing
