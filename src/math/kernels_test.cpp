// SPDX-License-Identifier: Apache-2.0
// Every instruction set that this processor has is compared with plain double precision.
#include <algorithm>
#include <cmath>
#include <vector>

#include "math/testing.h"

namespace lambdaml::math {
namespace {

class KernelsTest : public KernelsFixture {};

INSTANTIATE_TEST_SUITE_P(All, KernelsTest, ::testing::ValuesIn(AllKernels()), KernelsName);

TEST(Kernels, TheBestIsTheLastSupported) { EXPECT_EQ(AllKernels().back(), &BestKernels()); }

TEST_P(KernelsTest, DotAndAxpyOfAnySize) {
  for (std::size_t size : {0U, 1U, 3U, 15U, 16U, 17U, 64U, 100U, 1000U}) {
    const auto x = Normals(size, 1);
    auto y = Normals(size, 2);
    double expected = 0;
    for (std::size_t i = 0; i < size; ++i) expected += static_cast<double>(x[i]) * y[i];
    EXPECT_NEAR(kernels_.dot(x.data(), y.data(), size), expected, 1e-4) << size;
    const auto before = y;
    kernels_.axpy(0.5F, x.data(), y.data(), size);
    for (std::size_t i = 0; i < size; ++i) EXPECT_NEAR(y[i], before[i] + 0.5F * x[i], 1e-6) << size << " " << i;
  }
}

TEST_P(KernelsTest, SparseDotAndAxpy) {
  auto y = Normals(50, 1);
  const std::vector<std::uint32_t> index = {0, 3, 7, 8, 20, 49};
  const auto value = Normals(index.size(), 2);
  for (std::size_t size = 0; size <= index.size(); ++size) {
    double expected = 0;
    for (std::size_t i = 0; i < size; ++i) expected += static_cast<double>(value[i]) * y[index[i]];
    EXPECT_NEAR(kernels_.sparse_dot(index.data(), value.data(), size, y.data()), expected, 1e-5);
  }
  const auto before = y;
  kernels_.sparse_axpy(2, index.data(), value.data(), index.size(), y.data());
  for (std::size_t i = 0; i < index.size(); ++i) {
    EXPECT_NEAR(y[index[i]], before[index[i]] + 2 * value[i], 1e-5);
  }
  EXPECT_EQ(y[1], before[1]);
}

TEST_P(KernelsTest, ExpIsWithinItsError) {
  std::vector<float> x;
  for (float value = -87; value < 88; value += 0.00371F) x.push_back(value);
  const auto input = x;
  kernels_.exp(x.data(), x.size());
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = std::exp(static_cast<double>(input[i]));
    const double unit = static_cast<double>(std::nextafter(static_cast<float>(exact), INFINITY)) -
                        static_cast<double>(static_cast<float>(exact));
    worst = std::max(worst, std::abs(x[i] - exact) / unit);
  }
  EXPECT_LE(worst, 1.5);
}

TEST_P(KernelsTest, ExpSaturatesAndKeepsNan) {
  std::vector<float> x = {-INFINITY, -1000, 1000, INFINITY, NAN, 0};
  kernels_.exp(x.data(), x.size());
  EXPECT_LT(x[0], 2e-38F);
  EXPECT_LT(x[1], 2e-38F);
  EXPECT_GT(x[2], 2e38F);
  EXPECT_TRUE(std::isfinite(x[3]));
  EXPECT_TRUE(std::isnan(x[4]));
  EXPECT_EQ(x[5], 1.0F);
}

// A block of random rows with the model that they go through.
struct Sample {
  Sample(std::size_t rows, std::size_t columns, std::size_t outputs)
      : x(Normals(rows * columns, 1)),
        weight(Normals(columns * outputs, 2, 0.1)),
        bias(Normals(outputs, 3)),
        residuals(outputs * kBlockRows),
        block{.rows = nullptr, .next_rows = nullptr, .count = rows, .columns = columns, .outputs = outputs} {
    for (std::size_t row = 0; row < rows; ++row) pointers.push_back(x.data() + row * columns);
    for (std::size_t c = 0; c < outputs; ++c) {
      const auto some = Normals(rows, 10 + c);
      std::copy(some.begin(), some.end(), residuals.begin() + static_cast<std::ptrdiff_t>(c * kBlockRows));
    }
    block.rows = block.next_rows = pointers.data();
  }

  double Output(std::size_t row, std::size_t c) const {
    double sum = bias[c];
    for (std::size_t i = 0; i < block.columns; ++i) {
      sum += static_cast<double>(x[row * block.columns + i]) * weight[c * block.columns + i];
    }
    return sum;
  }
  double Gradient(std::size_t c, std::size_t column) const {
    double sum = 0;
    for (std::size_t row = 0; row < block.count; ++row) {
      sum += static_cast<double>(residuals[c * kBlockRows + row]) * x[row * block.columns + column];
    }
    return sum;
  }

  std::vector<float> x;
  std::vector<float> weight;
  std::vector<float> bias;
  std::vector<float> residuals;
  std::vector<const float*> pointers;
  DenseBlock block;
};

// Around whole numbers of vectors, up to more than the kernels of narrow rows take.
std::vector<std::size_t> Widths(std::size_t lanes) {
  return {lanes, lanes + 1, 2 * lanes - 3, 3 * lanes - 1, 4 * lanes, 4 * lanes + 1, 100, 131};
}

TEST_P(KernelsTest, ForwardIsTheLinearMap) {
  for (const std::size_t columns : Widths(kernels_.lanes)) {
    for (const std::size_t outputs : {1U, 2U, 3U, 4U, 5U, 6U, 10U, 13U}) {
      for (const std::size_t rows : {4U, 12U, 16U, 20U, 64U}) {
        const Sample sample(rows, columns, outputs);
        std::vector<float> packed(kernels_.packed_size(columns, outputs));
        std::vector<float> values(outputs * kBlockRows);
        kernels_.pack(sample.weight.data(), columns, outputs, packed.data());
        kernels_.forward(sample.block, packed.data(), sample.bias.data(), values.data());
        for (std::size_t i = 0; i < rows * outputs; ++i) {
          ASSERT_NEAR(values[i / rows * kBlockRows + i % rows], sample.Output(i % rows, i / rows), 1e-4)
              << columns << " columns, " << outputs << " outputs, " << rows << " rows";
        }
      }
    }
  }
}

TEST_P(KernelsTest, BackwardAddsTheGradient) {
  for (const std::size_t columns : Widths(kernels_.lanes)) {
    for (const std::size_t outputs : {1U, 2U, 3U, 4U, 5U, 6U, 10U, 13U}) {
      const std::size_t rows = columns == 131 ? 12 : 64;
      const Sample sample(rows, columns, outputs);
      std::vector<float> packed(kernels_.packed_size(columns, outputs));
      std::vector<float> gradient(columns * outputs, 1.0F);
      std::vector<float> bias(outputs, 2.0F);
      kernels_.backward(sample.block, sample.residuals.data(), packed.data());
      kernels_.backward(sample.block, sample.residuals.data(), packed.data());
      kernels_.unpack(packed.data(), columns, outputs, gradient.data(), bias.data());
      for (std::size_t i = 0; i < gradient.size(); ++i) {
        ASSERT_NEAR(gradient[i], 1 + 2 * sample.Gradient(i / columns, i % columns), 1e-4) << columns << " " << outputs;
      }
      for (std::size_t c = 0; c < outputs; ++c) {
        const float* const from = sample.residuals.data() + c * kBlockRows;
        double sum = 0;
        for (std::size_t row = 0; row < rows; ++row) sum += from[row];
        ASSERT_NEAR(bias[c], 2 + 2 * sum, 1e-4);
      }
    }
  }
}

}  // namespace
}  // namespace lambdaml::math
