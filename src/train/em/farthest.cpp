// SPDX-License-Identifier: Apache-2.0
#include "train/em/farthest.h"

#include <algorithm>
#include <cstdint>

#include "model/clusters.h"
#include "train/em/chosen_rows.h"

namespace lambdaml::em {

namespace {

constexpr std::size_t kMovesMax = 1024;  // at once: every rank brings as many rows' numbers

struct FarRow {
  double distance = 0;
  std::uint64_t number = 0;  // among all rows of the job

  // The farthest first.
  bool operator<(const FarRow& other) const {
    return distance != other.distance ? distance > other.distance : number < other.number;
  }
};

// This rank's rows, at most `count`, the farthest first.
std::vector<FarRow> OwnFarthest(const Task& task, std::size_t count, double least, std::span<const float> centres) {
  std::vector<std::uint32_t> nearest(task.rows.rows());
  std::vector<float> distances(task.rows.rows());
  task.model.clusters()->FindNearest(centres, task.rows, nearest, distances);
  std::vector<FarRow> rows;
  for (std::size_t row = 0; row < distances.size(); ++row) {
    if (distances[row] > least) rows.push_back({.distance = distances[row], .number = task.first_row + row});
  }
  const auto end = rows.begin() + static_cast<std::ptrdiff_t>(std::min(count, rows.size()));
  std::partial_sort(rows.begin(), end, rows.end());
  rows.erase(end, rows.end());
  return rows;
}

// Of all ranks, at most `count`, the farthest first. Each rank fills its own places of a sum.
Result<std::vector<FarRow>> AllFarthest(Communicator& peers, std::span<const FarRow> own, std::size_t count) {
  std::vector<double> places(static_cast<std::size_t>(peers.size()) * count * 2);
  double* place = places.data() + static_cast<std::size_t>(peers.rank()) * count * 2;
  for (const FarRow& row : own) {
    *place++ = row.distance;
    *place++ = static_cast<double>(row.number);
  }
  TRY(peers.AllReduce(std::span(places)));
  std::vector<FarRow> all;
  for (std::size_t i = 0; i < places.size(); i += 2) {
    if (places[i] > 0) all.push_back({.distance = places[i], .number = static_cast<std::uint64_t>(places[i + 1])});
  }
  std::sort(all.begin(), all.end());
  all.resize(std::min(all.size(), count));
  return all;
}

}  // namespace

Result<std::size_t> MoveToFarthest(Communicator& peers, const Task& task, std::span<const std::size_t> empty,
                                   double least, std::span<float> centres) {
  const std::size_t count = std::min(empty.size(), kMovesMax);
  const std::vector<FarRow> all = TRY(AllFarthest(peers, OwnFarthest(task, count, least, centres), count));
  std::vector<std::uint32_t> own;
  for (const FarRow& row : all) {
    if (row.number < task.first_row || row.number - task.first_row >= task.rows.rows()) continue;
    own.push_back(static_cast<std::uint32_t>(row.number - task.first_row));
  }
  std::ranges::sort(own);
  const ChosenRows chosen = TRY(ChosenRows::Announce(peers, task.rows, std::move(own)));
  const std::vector<float> values = TRY(chosen.Bring(peers, 0, chosen.count()));
  const std::size_t columns = task.rows.columns;
  for (std::size_t i = 0; i < chosen.count(); ++i) {
    std::ranges::copy(std::span(values).subspan(i * columns, columns),
                      centres.begin() + static_cast<std::ptrdiff_t>(empty[i] * columns));
  }
  return chosen.count();
}

}  // namespace lambdaml::em
