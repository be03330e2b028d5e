// SPDX-License-Identifier: Apache-2.0
#include "model/kmeans/kmeans.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "model/clusters.h"
#include "model/kmeans/members.h"
#include "model/kmeans/nearest_centres.h"

namespace lambdaml::kmeans {

namespace {

constexpr std::size_t kBlock = math::kNearestRows;

// The clusters of the rows of a block.
struct Block {
  std::array<std::uint32_t, kBlock> numbers{};
  std::array<float, kBlock> distances{};
};

// Calls measure(first row, numbers, distances), which writes the squared distances, for each block of rows, and returns
// the sums.
template <class Measure>
Score ForBlocks(const NearestCentres& nearest, std::size_t rows, const Measure& measure) {
  Block block;
  Score score{.rows = static_cast<double>(rows)};
  for (std::size_t first = 0; first < rows; first += kBlock) {
    const std::size_t count = std::min(kBlock, rows - first);
    const std::span<std::uint32_t> numbers = std::span(block.numbers).first(count);
    const std::span<float> distances = std::span(block.distances).first(count);
    nearest.Find(first, numbers);
    measure(first, numbers, distances);
    for (const float distance : distances) score.loss += distance;
  }
  return score;
}

// Calls visit(first row, numbers, distances) for each block of rows.
template <class Visit>
Score ForNearest(std::span<const float> centres, const RowSpan& rows, const Visit& visit) {
  if (rows.rows() == 0) return {};
  const NearestCentres nearest(centres, rows);
  return ForBlocks(nearest, rows.rows(), [&](std::size_t first, auto numbers, auto distances) {
    nearest.Measure(first, numbers, distances, nullptr);
    visit(first, numbers, distances);
  });
}

class KmeansModel final : public Model, public Clusters {
 public:
  KmeansModel(std::size_t count, std::size_t columns) : count_(count), columns_(columns) {}

  Learns learns() const override { return Learns::kClusters; }
  std::size_t parameter_count() const override { return count_ * columns_; }
  std::vector<Tensor> tensors() const override {
    return {{.name = "centres", .shape = {count_, columns_}, .offset = 0}};
  }
  bool smooth() const override { return false; }  // where the nearest centre changes
  const Clusters* clusters() const override { return this; }

  void Initialise(std::span<float> parameters, std::uint64_t) const override { std::ranges::fill(parameters, 0.0F); }

  // The gradient of |x - c|^2 is 2 (c - x), for the nearest centre c.
  Score AddGradient(std::span<const float> parameters, const RowSpan& rows, std::span<float> gradient) const override {
    std::vector<float> offsets(gradient.size());
    std::vector<double> counts(count_);
    const Score score = AddMembers(parameters, rows, offsets, counts);
    for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] -= 2 * offsets[i];
    return score;
  }

  Score Evaluate(std::span<const float> parameters, const RowSpan& rows) const override {
    return ForNearest(parameters, rows, [](std::size_t, auto, auto) {});
  }

  std::size_t outputs() const override { return 2; }
  void Predict(std::span<const float> parameters, const RowSpan& rows, std::span<float> predictions) const override {
    ForNearest(parameters, rows, [predictions](std::size_t first, auto numbers, auto distances) {
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        predictions[2 * (first + i)] = static_cast<float>(numbers[i]);
        predictions[2 * (first + i) + 1] = distances[i];
      }
    });
  }

  std::size_t count() const override { return count_; }
  std::size_t columns() const override { return columns_; }

  Score AddMembers(std::span<const float> centres, const RowSpan& rows, std::span<float> offsets,
                   std::span<double> counts) const override {
    if (rows.rows() == 0) return {};
    const NearestCentres nearest(centres, rows);
    Members members(centres, rows);
    const Score score = ForBlocks(nearest, rows.rows(), [&](std::size_t first, auto numbers, auto distances) {
      members.Add(nearest, first, numbers, distances);
    });
    members.Finish(offsets, counts);
    return score;
  }

  void FindNearest(std::span<const float> centres, const RowSpan& rows, std::span<std::uint32_t> nearest,
                   std::span<float> distances) const override {
    ForNearest(centres, rows, [nearest, distances](std::size_t first, auto numbers, auto own_distances) {
      std::ranges::copy(numbers, nearest.begin() + static_cast<std::ptrdiff_t>(first));
      std::ranges::copy(own_distances, distances.begin() + static_cast<std::ptrdiff_t>(first));
    });
  }

 private:
  std::size_t count_;
  std::size_t columns_;
};

}  // namespace

Fields Describe(KmeansSettings& s) { return {{"k", s.k, "clusters", {.min = 1, .max = 1e7}}}; }

Result<std::unique_ptr<Model>> Make(const Choice& choice, const Shape& shape) {
  KmeansSettings settings;
  TRY(Apply(choice, Describe(settings), "model kmeans"));
  return std::unique_ptr<Model>(std::make_unique<KmeansModel>(static_cast<std::size_t>(settings.k), shape.columns));
}

}  // namespace lambdaml::kmeans
