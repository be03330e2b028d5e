// SPDX-License-Identifier: Apache-2.0
#include "model/kmeans/nearest_centres.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace lambdaml::kmeans {

namespace {

constexpr std::size_t kLine = 64;  // bytes

// For each column, what is to be subtracted of all centres: 0 unless they lie far from 0 beside their spread, and then
// a multiple of a power of two beyond the spread, so that the difference has hardly any rounding of its own.
std::vector<float> ShiftsOf(std::span<const float> centres, std::size_t columns) {
  const std::size_t count = centres.size() / columns;
  std::vector<float> low(centres.begin(), centres.begin() + static_cast<std::ptrdiff_t>(columns));
  std::vector<float> high = low;
  for (std::size_t c = 1; c < count; ++c) {
    for (std::size_t i = 0; i < columns; ++i) {
      low[i] = std::min(low[i], centres[c * columns + i]);
      high[i] = std::max(high[i], centres[c * columns + i]);
    }
  }
  for (std::size_t i = 0; i < columns; ++i) {
    const double spread = static_cast<double>(high[i]) - low[i];
    const double middle = (static_cast<double>(high[i]) + low[i]) / 2;
    if (!(std::abs(middle) > 4 * spread) || spread == 0) {
      low[i] = 0;
      continue;
    }
    const double unit = std::exp2(std::ceil(std::log2(spread)));
    low[i] = static_cast<float>(std::nearbyint(middle / unit) * unit);
  }
  return low;
}

// Centres near 0 and, for each, what its score begins with.
struct Moved {
  std::vector<float> values;  // empty: the centres themselves
  std::vector<float> heights;
};

// With c = m + c' and m the same for all centres, up to what they share
//
//   -|x - c|^2 / 2 = c'.x - (|c'|^2 / 2 + m.c')
Moved MoveNearZero(std::span<const float> centres, std::size_t columns) {
  const std::vector<float> shifts = ShiftsOf(centres, columns);
  Moved moved{.values = {}, .heights = std::vector<float>(centres.size() / columns)};
  if (std::ranges::any_of(shifts, [](float shift) { return shift != 0; })) {
    moved.values.assign(centres.begin(), centres.end());
    for (std::size_t i = 0; i < centres.size(); ++i) moved.values[i] -= shifts[i % columns];
  }
  const float* c = moved.values.empty() ? centres.data() : moved.values.data();
  for (float& height : moved.heights) {
    double sum = 0;
    for (std::size_t i = 0; i < columns; ++i) sum += c[i] * (0.5 * c[i] + shifts[i]);
    height = static_cast<float>(std::max<double>(-sum, std::numeric_limits<float>::lowest()));
    c += columns;
  }
  return moved;
}

const float* Aligned(const std::vector<float>& values) {
  const std::size_t beyond = reinterpret_cast<std::uintptr_t>(values.data()) % kLine;
  return values.data() + (kLine - beyond) % kLine / sizeof(float);
}

double SquareOf(std::span<const float> values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return sum;
}

}  // namespace

NearestCentres::NearestCentres(std::span<const float> centres, const RowSpan& rows)
    : kernels_(math::BestKernels().nearest), rows_(rows), centres_(centres), count_(centres.size() / rows.columns()) {
  const Moved moved = MoveNearZero(centres, rows.columns());
  Pack(moved.values.empty() ? centres : moved.values, moved.heights);
  if (!rows_.is_sparse()) return;
  for (std::size_t c = 0; c < count_; ++c) {
    squares_.push_back(SquareOf(centres.subspan(c * rows.columns(), rows.columns())));
  }
}

void NearestCentres::Pack(std::span<const float> near_zero, std::span<const float> heights) {
  const math::Centres centres{
      .values = near_zero.data(), .heights = heights.data(), .count = count_, .columns = rows_.columns()};
  packed_.resize(kernels_.packed_size(centres) + kLine / sizeof(float));
  aligned_ = Aligned(packed_);
  float* const target = packed_.data() + (aligned_ - packed_.data());
  rows_.is_sparse() ? kernels_.pack_for_sparse(centres, target) : kernels_.pack_for_dense(centres, target);
}

void NearestCentres::Find(std::size_t first, std::span<std::uint32_t> numbers) const {
  if (!rows_.is_sparse()) {
    const math::DenseRowBlock block{.rows = rows_.dense() + first, .count = numbers.size(), .columns = rows_.columns()};
    return kernels_.dense(block, aligned_, count_, numbers.data());
  }
  std::array<const std::uint32_t*, math::kNearestRows> index{};
  std::array<const float*, math::kNearestRows> value{};
  std::array<std::uint32_t, math::kNearestRows> size{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const SparseRow& row = rows_.sparse()[first + i];
    index[i] = row.index;
    value[i] = row.value;
    size[i] = row.size;
  }
  const math::SparseRowBlock block{
      .index = index.data(), .value = value.data(), .size = size.data(), .count = numbers.size()};
  kernels_.sparse(block, aligned_, count_, numbers.data());
}

void NearestCentres::Measure(std::size_t first, std::span<const std::uint32_t> numbers, std::span<float> distances,
                             float* sums) const {
  if (!rows_.is_sparse()) {
    const math::DenseRowBlock block{.rows = rows_.dense() + first, .count = numbers.size(), .columns = rows_.columns()};
    return kernels_.add_differences(block, centres_.data(), numbers.data(), sums, distances.data());
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    distances[i] = static_cast<float>(SparseDistance(rows_.sparse()[first + i], numbers[i]));
  }
}

// |x - c|^2 = |c|^2 + x.(x - 2c), whose second part needs the non-zeros only; in double precision, as it cancels.
double NearestCentres::SparseDistance(const SparseRow& row, std::uint32_t number) const {
  const float* const c = centres_.data() + number * rows_.columns();
  double sum = squares_[number];
  for (std::uint32_t i = 0; i < row.size; ++i) {
    const double x = row.value[i];
    sum += x * (x - 2.0 * c[row.index[i]]);
  }
  return std::max(sum, 0.0);
}

}  // namespace lambdaml::kmeans
