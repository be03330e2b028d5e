// SPDX-License-Identifier: Apache-2.0
#include "train/em/em.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>

#include "base/text.h"
#include "model/clusters.h"
#include "train/em/chosen_rows.h"
#include "train/em/farthest.h"
#include "train/sampler.h"

namespace lambdaml::em {

namespace {

// The state as bytes: this in the machine's byte order, then two counts for each cluster.
struct State {
  std::uint32_t magic = 0x31304D45;  // "EM01"
  std::uint32_t started = 0;
  std::uint64_t clusters = 0;
  std::uint64_t batches_per_epoch = 0;
  std::uint64_t batches_done = 0;
  double variance = 0;                                            // mean over the columns
  double movement = 0;                                            // squared, summed over the epoch
  double inertia = 0;                                             // summed over the epoch
  double last_inertia = std::numeric_limits<double>::infinity();  // of the epoch before
};

// Squared distances below this share of the variance of all columns are rounding.
constexpr double kRounding = 1e-9;

// The variance of the columns over all ranks' rows, its mean over the columns.
Result<double> MeanVariance(Communicator& peers, const Task& task) {
  const std::size_t columns = task.rows.columns;
  std::vector<double> sums(columns + 1);  // of each column, and of all squares
  std::vector<float> values(columns);
  for (std::size_t row = 0; row < task.rows.rows(); ++row) {
    CopyRow(task.rows, row, values);
    for (std::size_t i = 0; i < columns; ++i) {
      const double x = values[i];
      sums[i] += x;
      sums[columns] += x * x;
    }
  }
  TRY(peers.AllReduce(std::span(sums)));
  const auto rows = static_cast<double>(task.total_rows);
  double variance = sums[columns] / rows;
  for (std::size_t i = 0; i < columns; ++i) variance -= sums[i] / rows * (sums[i] / rows);
  return std::max(variance, 0.0) / static_cast<double>(columns);
}

class Em final : public Algorithm {
 public:
  Em(const EmSettings& settings, const Task& task)
      : settings_(settings),
        task_(task),
        clusters_(*task.model.clusters()),
        sampler_(task, settings.batch == 0 ? task.total_rows : static_cast<std::uint64_t>(settings.batch)),
        offsets_(task.model.parameter_count()),
        tally_(kOfScore + clusters_.count()),
        counts_(clusters_.count()),
        epoch_counts_(clusters_.count()) {
    batch_.columns = task.rows.columns;
    state_.clusters = clusters_.count();
    state_.batches_per_epoch = sampler_.batches_per_epoch();
  }

  Result<Round> Step(Communicator& peers, std::span<float> parameters, const Vote& vote) override {
    if (state_.started == 0) TRY(Start(peers, parameters));
    TRY(Sum(peers, parameters, vote));
    Move(parameters);
    ++state_.batches_done;
    const auto batches = static_cast<double>(state_.batches_per_epoch);
    Round round{.score = {.loss = tally_[0], .rows = tally_[1]},
                .epoch = static_cast<double>(state_.batches_done) / batches,
                .epoch_ended = state_.batches_done % state_.batches_per_epoch == 0,
                .votes = static_cast<std::int64_t>(tally_[2])};
    if (round.epoch_ended && std::isfinite(tally_[0])) TRY(EndEpoch(peers, parameters, round));
    return round;
  }

  double epochs() const override { return settings_.epochs; }
  AlgorithmState Save() const override;
  Result<void> Restore(ByteSpan shared, std::optional<ByteSpan> own) override;

 private:
  static constexpr std::size_t kOfScore = 3;  // loss, rows and votes

  Result<void> Start(Communicator& peers, std::span<float> parameters) {
    state_.variance = TRY(MeanVariance(peers, task_));
    TRY(Seed(settings_.seeding, task_, peers, parameters));
    state_.started = 1;
    return {};
  }

  const Batch& NextRows() {
    if (settings_.batch == 0) return task_.rows;
    batch_.Clear();
    for (const std::uint32_t row : sampler_.Rows(state_.batches_done)) batch_.Append(task_.rows, row);
    return batch_;
  }

  // Counts travel in the tally, where they are never rounded.
  Result<void> Sum(Communicator& peers, std::span<const float> centres, const Vote& vote) {
    const Contribution mine{.values = offsets_, .tally = tally_};
    if (TRY(peers.Recall(mine))) return {};
    std::ranges::fill(offsets_, 0.0F);
    std::ranges::fill(tally_, 0.0);
    const Batch& rows = NextRows();
    const Score own = clusters_.AddMembers(centres, rows, offsets_, std::span(tally_).subspan(kOfScore));
    tally_[0] = own.loss;
    tally_[1] = own.rows;
    tally_[2] = static_cast<double>(vote());
    return peers.AllReduce(mine);
  }

  // The M step.
  void Move(std::span<float> centres) {
    const std::size_t columns = task_.rows.columns;
    for (std::size_t c = 0; c < counts_.size(); ++c) {
      const double count = tally_[kOfScore + c];
      epoch_counts_[c] += count;
      counts_[c] = settings_.batch == 0 ? count : counts_[c] + count;
      if (count == 0) continue;
      const double share = 1 / counts_[c];
      for (std::size_t i = c * columns; i < (c + 1) * columns; ++i) {
        const float before = centres[i];
        centres[i] += static_cast<float>(share * offsets_[i]);
        const double moved = static_cast<double>(centres[i]) - before;
        state_.movement += moved * moved;
      }
    }
    state_.inertia += tally_[0];
  }

  Result<void> EndEpoch(Communicator& peers, std::span<float> centres, Round& round) {
    const std::vector<std::size_t> empty = EmptyClusters();
    std::size_t moved = 0;
    if (!empty.empty() && settings_.empty == "farthest") {
      const double least = kRounding * state_.variance * static_cast<double>(task_.rows.columns);
      moved = TRY(MoveToFarthest(peers, task_, empty, least, centres));
      for (std::size_t i = 0; i < moved; ++i) counts_[empty[i]] = 0;
    }
    round.measures = {{"movement", state_.variance > 0 ? state_.movement / state_.variance : 0},
                      {"empty", static_cast<double>(empty.size())}};
    round.converged = moved == 0 && HasConverged();
    state_.last_inertia = state_.inertia;
    state_.inertia = state_.movement = 0;
    std::ranges::fill(epoch_counts_, 0.0);
    return {};
  }

  std::vector<std::size_t> EmptyClusters() const {
    std::vector<std::size_t> empty;
    for (std::size_t c = 0; c < epoch_counts_.size(); ++c) {
      if (epoch_counts_[c] == 0) empty.push_back(c);
    }
    return empty;
  }

  bool HasConverged() const {
    if (state_.movement <= settings_.tolerance * state_.variance) return true;
    if (!std::isfinite(state_.last_inertia)) return false;
    const double fall = state_.last_inertia - state_.inertia;
    if (settings_.batch == 0 && fall <= 0) return true;  // only rounding keeps the inertia of all rows from falling
    return settings_.inertia_tolerance > 0 && fall <= settings_.inertia_tolerance * state_.last_inertia;
  }

  EmSettings settings_;
  Task task_;
  const Clusters& clusters_;
  Sampler sampler_;
  State state_;
  std::vector<float> offsets_;
  std::vector<double> tally_;         // score and vote, then the counts of the round
  std::vector<double> counts_;        // rows that each centre is the mean of
  std::vector<double> epoch_counts_;  // rows of each cluster since the epoch began
  Batch batch_;
};

AlgorithmState Em::Save() const {
  const std::size_t of_counts = counts_.size() * sizeof(double);
  Bytes bytes(sizeof state_ + 2 * of_counts);
  std::memcpy(bytes.data(), &state_, sizeof state_);
  std::memcpy(bytes.data() + sizeof state_, counts_.data(), of_counts);
  std::memcpy(bytes.data() + sizeof state_ + of_counts, epoch_counts_.data(), of_counts);
  return {.shared = std::move(bytes), .own = {}};
}

Result<void> Em::Restore(ByteSpan shared, std::optional<ByteSpan> own) {
  const std::size_t of_counts = counts_.size() * sizeof(double);
  if (shared.size() != sizeof state_ + 2 * of_counts) {
    return Error{Code::kInvalid, StrCat("state of the algorithm: ", shared.size(), " bytes instead of ",
                                        sizeof state_ + 2 * of_counts, "; it is cut off or of another model")};
  }
  State state;
  std::memcpy(&state, shared.data(), sizeof state);
  if (state.magic != State().magic || !IsEmpty(own)) {
    return Error{Code::kInvalid, "state of the algorithm: not a state of em, version 1; start the job anew"};
  }
  if (state.clusters != state_.clusters || state.batches_per_epoch != state_.batches_per_epoch) {
    return Error{Code::kInvalid,
                 StrCat("state of the algorithm: made for ", state.clusters, " clusters and ", state.batches_per_epoch,
                        " batches an epoch, this job has ", state_.clusters, " and ", state_.batches_per_epoch,
                        "; continue with the same data, model and batch")};
  }
  state_ = state;
  std::memcpy(counts_.data(), shared.data() + sizeof state_, of_counts);
  std::memcpy(epoch_counts_.data(), shared.data() + sizeof state_ + of_counts, of_counts);
  return {};
}

Result<void> Check(const Task& task) {
  const Clusters* const clusters = task.model.clusters();
  const auto refuse = [](const std::string& why) { return Error{Code::kInvalid, StrCat("algorithm em ", why)}; };
  if (clusters == nullptr) return refuse("trains clusters; choose model kmeans, or an algorithm that descends");
  if (task.staleness > 0) return refuse("moves centres by the rows of all workers; choose sync bsp");
  if (task.filter.kind != "none")
    return refuse("divides sums by counts, which must not be filtered; choose filter none");
  if (task.total_rows == 0) return refuse("has no rows to train on; check the data");
  if (clusters->count() > task.total_rows) {
    return refuse(StrCat("cannot make ", clusters->count(), " clusters of ", task.total_rows,
                         " training rows; choose a smaller k"));
  }
  return {};
}

}  // namespace

Fields Describe(EmSettings& s) {
  return {
      {"epochs", s.epochs, "most passes over the training rows", {.min = 1e-6, .max = 1e9}},
      {"batch",
       s.batch,
       "rows of a batch, over all workers; 0: all rows, which is Lloyd's method",
       {.min = 0, .max = 1e12}},
      {"init",
       s.seeding.init,
       "where centres start: parallel is k-means||, random takes rows, given what there is",
       {.one_of = {"parallel", "random", "given"}}},
      {"oversampling",
       s.seeding.oversampling,
       "of init parallel: candidates that a round takes, on average, for each cluster",
       {.min = 0.1, .max = 100}},
      {"init_rounds", s.seeding.init_rounds, "of init parallel: rounds", {.min = 1, .max = 100}},
      {"empty",
       s.empty,
       "what happens to a cluster that had no row in an epoch: it moves to the farthest row, or is kept where it is",
       {.one_of = {"farthest", "keep"}}},
      {"tolerance",
       s.tolerance,
       "converged if the squared movement of all centres is at most this, in units of the columns' mean variance",
       {.min = 0}},
      {"inertia_tolerance",
       s.inertia_tolerance,
       "converged if the inertia of an epoch is lower than the last one's by at most this share; 0: no such test",
       {.min = 0, .max = 1}},
  };
}

Result<std::unique_ptr<Algorithm>> Make(const Choice& choice, const Task& task) {
  EmSettings settings;
  TRY(Apply(choice, Describe(settings), "algorithm em"));
  TRY(Check(task));
  return std::unique_ptr<Algorithm>(std::make_unique<Em>(settings, task));
}

}  // namespace lambdaml::em
