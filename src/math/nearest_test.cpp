// SPDX-License-Identifier: Apache-2.0
// Every instruction set that this processor has is compared with plain double precision.
#include "math/nearest.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "math/testing.h"

namespace lambdaml::math {
namespace {

class NearestTest : public KernelsFixture {
 protected:
  const NearestKernels& nearest_ = kernels_.nearest;
};

INSTANTIATE_TEST_SUITE_P(All, NearestTest, ::testing::ValuesIn(AllKernels()), KernelsName);

// Random rows and centres, the rows also by their non-zeros.
struct Sample {
  Sample(std::size_t row_count, std::size_t count, std::size_t columns)
      : x(Normals(row_count * columns, 1)), c(Normals(count * columns, 2)), heights(count) {
    for (std::size_t i = 0; i < x.size(); i += 3) x[i] = 0;
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < columns; ++j) heights[i] -= c[i * columns + j] * c[i * columns + j] / 2;
    }
    all.resize(columns);
    std::iota(all.begin(), all.end(), 0U);
    for (std::size_t row = 0; row < row_count; ++row) {
      rows.push_back(x.data() + row * columns);
      index.push_back(all.data());
      size.push_back(static_cast<std::uint32_t>(columns));
    }
    centres = {.values = c.data(), .heights = heights.data(), .count = count, .columns = columns};
  }

  double Distance(std::size_t row, std::size_t centre) const {
    double sum = 0;
    for (std::size_t i = 0; i < centres.columns; ++i) {
      const double difference = static_cast<double>(rows[row][i]) - c[centre * centres.columns + i];
      sum += difference * difference;
    }
    return sum;
  }
  double Least(std::size_t row) const {
    double least = INFINITY;
    for (std::size_t i = 0; i < centres.count; ++i) least = std::min(least, Distance(row, i));
    return least;
  }
  DenseRowBlock Dense() const {
    return {.rows = rows.data(), .next_rows = rows.data(), .count = rows.size(), .columns = centres.columns};
  }
  SparseRowBlock Sparse() const {
    return {.index = index.data(), .value = rows.data(), .size = size.data(), .count = rows.size()};
  }

  std::vector<float> x;
  std::vector<float> c;
  std::vector<float> heights;
  std::vector<const float*> rows;
  std::vector<std::uint32_t> all;
  std::vector<const std::uint32_t*> index;
  std::vector<std::uint32_t> size;
  Centres centres;
};

std::vector<std::uint32_t> FindDense(const NearestKernels& kernels, const Sample& sample) {
  std::vector<float> packed(kernels.packed_size(sample.centres));
  kernels.pack_for_dense(sample.centres, packed.data());
  std::vector<std::uint32_t> numbers(sample.rows.size(), UINT32_MAX);
  kernels.dense(sample.Dense(), packed.data(), sample.centres.count, numbers.data());
  return numbers;
}

std::vector<std::uint32_t> FindSparse(const NearestKernels& kernels, const Sample& sample) {
  std::vector<float> packed(kernels.packed_size(sample.centres));
  kernels.pack_for_sparse(sample.centres, packed.data());
  std::vector<std::uint32_t> numbers(sample.rows.size(), UINT32_MAX);
  kernels.sparse(sample.Sparse(), packed.data(), sample.centres.count, numbers.data());
  return numbers;
}

TEST_P(NearestTest, FindsTheNearestOfAnyNumberOfCentres) {
  for (const std::size_t columns : {1U, 3U, 16U, 28U, 131U}) {
    for (const std::size_t count : {1U, 2U, 10U, 16U, 17U, 48U, 50U, 81U, 300U, 1000U}) {
      const std::size_t rows = 1 + (columns * count) % kNearestRows;
      const Sample sample(rows, count, columns);
      const auto of_dense = FindDense(nearest_, sample);
      const auto of_sparse = FindSparse(nearest_, sample);
      for (std::size_t row = 0; row < rows; ++row) {
        ASSERT_LT(of_dense[row], count);
        ASSERT_LT(of_sparse[row], count);
        const double least = sample.Least(row);
        ASSERT_NEAR(sample.Distance(row, of_dense[row]), least, 1e-4 * (1 + least)) << columns << " " << count;
        ASSERT_NEAR(sample.Distance(row, of_sparse[row]), least, 1e-4 * (1 + least)) << columns << " " << count;
      }
    }
  }
}

TEST_P(NearestTest, TheFirstOfEqualCentresWins) {
  for (const std::size_t count : {2U, 10U, 20U, 100U, 700U}) {
    Sample sample(40, count, 5);
    for (std::size_t i = 0; i < sample.c.size(); ++i) sample.c[i] = sample.c[i % 5];
    std::ranges::fill(sample.heights, sample.heights[0]);
    EXPECT_EQ(FindDense(nearest_, sample), std::vector<std::uint32_t>(40)) << count;
    EXPECT_EQ(FindSparse(nearest_, sample), std::vector<std::uint32_t>(40)) << count;
  }
}

// Whatever the rows hold, the number is that of a centre.
TEST_P(NearestTest, NumbersStayInRange) {
  for (const std::size_t count : {1U, 10U, 100U}) {
    Sample sample(3, count, 20);
    std::ranges::fill(std::span(sample.x).first(20), NAN);
    std::ranges::fill(std::span(sample.x).last(20), INFINITY);
    for (const auto& numbers : {FindDense(nearest_, sample), FindSparse(nearest_, sample)}) {
      for (const std::uint32_t number : numbers) EXPECT_LT(number, count);
    }
  }
}

TEST_P(NearestTest, AddsDifferencesAndMeasuresDistances) {
  for (const std::size_t columns : {1U, 7U, 16U, 28U, 64U, 131U}) {
    const Sample sample(37, 5, columns);
    const auto numbers = FindDense(nearest_, sample);
    std::vector<float> sums(5 * nearest_.sums_size(columns));
    std::vector<float> distances(37);
    std::vector<float> without(37);
    nearest_.add_differences(sample.Dense(), sample.c.data(), numbers.data(), sums.data(), distances.data());
    nearest_.add_differences(sample.Dense(), sample.c.data(), numbers.data(), nullptr, without.data());
    EXPECT_EQ(distances, without);
    std::vector<float> offsets(5 * columns, 1.0F);
    nearest_.flush_sums(sums.data(), 5, columns, offsets.data());
    EXPECT_EQ(sums, std::vector<float>(sums.size()));
    std::vector<double> expected(5 * columns, 1.0);
    for (std::size_t row = 0; row < 37; ++row) {
      EXPECT_NEAR(distances[row], sample.Distance(row, numbers[row]), 1e-4) << columns;
      for (std::size_t i = 0; i < columns; ++i) {
        const std::size_t at = numbers[row] * columns + i;
        expected[at] += static_cast<double>(sample.rows[row][i]) - sample.c[at];
      }
    }
    for (std::size_t i = 0; i < offsets.size(); ++i) ASSERT_NEAR(offsets[i], expected[i], 1e-4) << columns;
  }
}

}  // namespace
}  // namespace lambdaml::math
