// SPDX-License-Identifier: Apache-2.0
#include "train/em/seeding.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "model/clusters.h"
#include "train/em/candidates.h"
#include "train/em/chosen_rows.h"

namespace lambdaml::em {

namespace {

// Streams of random numbers.
constexpr std::uint64_t kForgy = 0x4F524759;
constexpr std::uint64_t kFirst = 0x46495253;
constexpr std::uint64_t kRounds = 0x524F554E;

// Positions of those of the rows `numbers`, which ascend, that are this rank's.
std::vector<std::uint32_t> OwnOf(const Task& task, const std::set<std::uint64_t>& numbers) {
  std::vector<std::uint32_t> own;
  for (const std::uint64_t number : numbers) {
    if (number < task.first_row || number - task.first_row >= task.rows.rows()) continue;
    own.push_back(static_cast<std::uint32_t>(number - task.first_row));
  }
  return own;
}

// `count` different numbers below `bound`, each set as likely as any other (Bentley, Floyd: Programming pearls: a
// sample of brilliance, CACM 1987).
std::set<std::uint64_t> Sample(std::uint64_t count, std::uint64_t bound, Random random) {
  std::set<std::uint64_t> sample;
  for (std::uint64_t last = bound - count; last < bound; ++last) {
    const std::uint64_t number = random.Below(last + 1);
    if (!sample.insert(number).second) sample.insert(last);
  }
  return sample;
}

Result<void> SeedByForgy(const Task& task, Communicator& peers, std::span<float> centres) {
  const std::size_t count = task.model.clusters()->count();
  const auto numbers = Sample(count, task.total_rows, Random(task.seed, kForgy));
  const ChosenRows chosen = TRY(ChosenRows::Announce(peers, task.rows, OwnOf(task, numbers)));
  if (chosen.count() != count) {
    return Error{Code::kInternal, StrCat("the ranks have ", chosen.count(), " of ", count, " rows to start from")};
  }
  const std::vector<float> values = TRY(chosen.Bring(peers, 0, count));
  std::ranges::copy(values, centres.begin());
  return {};
}

class ParallelSeeding {
 public:
  ParallelSeeding(const SeedingSettings& settings, const Task& task, Communicator& peers)
      : settings_(settings),
        task_(task),
        peers_(peers),
        clusters_(*task.model.clusters()),
        nearest_(task.rows.rows()),
        distances_(task.rows.rows(), std::numeric_limits<float>::infinity()),
        candidates_(task.rows.is_sparse(), task.rows.columns) {}

  Result<void> Run(std::span<float> centres) {
    TRY(Add(OwnOf(task_, {Random(task_.seed, kFirst).Below(task_.total_rows)})));
    const auto rounds = static_cast<std::uint64_t>(settings_.init_rounds);
    for (std::uint64_t round = 0; round < rounds || count_ < clusters_.count(); ++round) {
      const double phi = TRY(SumDistances());
      if (!(phi > 0) || !std::isfinite(phi)) break;  // every row is a candidate, or nothing can be measured
      TRY(Add(Draw(round, phi)));
    }
    const std::vector<double> weights = TRY(Weights());
    if (peers_.rank() == 0) Reduce(clusters_, candidates_.View(), weights, task_.seed, centres);
    Bytes bytes = ToBytes(std::as_bytes(centres));
    TRY(peers_.Broadcast(bytes, 0));
    if (bytes.size() != centres.size_bytes()) return Error{Code::kInternal, "rank 0 sent centres of another size"};
    std::ranges::copy(bytes, std::as_writable_bytes(centres).begin());
    return {};
  }

 private:
  // Makes rows candidates, in portions of as many as there are centres.
  Result<void> Add(std::vector<std::uint32_t> own) {
    const ChosenRows chosen = TRY(ChosenRows::Announce(peers_, task_.rows, std::move(own)));
    for (std::size_t begin = 0; begin < chosen.count(); begin += clusters_.count()) {
      const std::size_t end = std::min(begin + clusters_.count(), chosen.count());
      const std::vector<float> values = TRY(chosen.Bring(peers_, begin, end));
      Update(values);
      if (peers_.rank() == 0) candidates_.Add(values);
      count_ += end - begin;
    }
    return {};
  }

  void Update(std::span<const float> more) {
    std::vector<std::uint32_t> nearest(nearest_.size());
    std::vector<float> distances(nearest_.size());
    clusters_.FindNearest(more, task_.rows, nearest, distances);
    for (std::size_t row = 0; row < nearest.size(); ++row) {
      if (!(distances[row] < distances_[row])) continue;
      distances_[row] = distances[row];
      nearest_[row] = static_cast<std::uint32_t>(count_) + nearest[row];
    }
  }

  Result<double> SumDistances() {
    std::array<double, 1> sum{};
    for (const float distance : distances_) sum[0] += distance;
    TRY(peers_.AllReduce(std::span<double>(sum)));
    return sum[0];
  }

  std::vector<std::uint32_t> Draw(std::uint64_t round, double phi) const {
    const double share = settings_.oversampling * static_cast<double>(clusters_.count()) / phi;
    const std::uint64_t seed = Mix(task_.seed, kRounds + round);
    std::vector<std::uint32_t> drawn;
    for (std::uint32_t row = 0; row < distances_.size(); ++row) {
      if (Random(seed, task_.first_row + row).Uniform() < share * distances_[row]) drawn.push_back(row);
    }
    return drawn;
  }

  // How many rows of all ranks are nearest to each candidate.
  Result<std::vector<double>> Weights() {
    std::vector<double> weights(count_);
    for (const std::uint32_t candidate : nearest_) ++weights[candidate];
    TRY(peers_.AllReduce(std::span(weights)));
    return weights;
  }

  const SeedingSettings& settings_;
  const Task& task_;
  Communicator& peers_;
  const Clusters& clusters_;
  std::vector<std::uint32_t> nearest_;  // candidate of each row
  std::vector<float> distances_;        // squared, to it
  std::size_t count_ = 0;               // candidates so far
  Candidates candidates_;               // on rank 0
};

}  // namespace

Result<void> Seed(const SeedingSettings& settings, const Task& task, Communicator& peers, std::span<float> centres) {
  if (settings.init == "given") return {};
  if (settings.init == "random") return SeedByForgy(task, peers, centres);
  return ParallelSeeding(settings, task, peers).Run(centres);
}

}  // namespace lambdaml::em
