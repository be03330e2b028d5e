// SPDX-License-Identifier: Apache-2.0
// Every instruction set that this processor has is compared with plain double precision.
#include "math/kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace lambdaml::math {
namespace {

std::vector<const Kernels*> All() {
  std::vector<const Kernels*> all;
  for (const Kernels* const* kernels = SupportedKernels(); *kernels != nullptr; ++kernels) all.push_back(*kernels);
  return all;
}

std::vector<float> Normals(std::size_t size, std::uint64_t stream, double scale = 1) {
  Random random(7, stream);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(scale * random.Normal());
  return values;
}

class KernelsTest : public ::testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& kernels_ = *GetParam();
};

INSTANTIATE_TEST_SUITE_P(All, KernelsTest, ::testing::ValuesIn(All()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST(Kernels, TheBestIsTheLastSupported) { EXPECT_EQ(All().back(), &BestKernels()); }

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

TEST_P(KernelsTest, ForwardIsTheLinearMap) {
  for (const std::size_t columns : {16U, 17U, 28U, 64U, 100U, 131U}) {
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
  for (const std::size_t columns : {16U, 17U, 28U, 64U, 100U, 131U}) {
    for (const std::size_t outputs : {1U, 2U, 3U, 4U, 5U, 6U, 10U, 13U}) {
      const std::size_t rows = columns % 2 == 0 ? 64 : 12;
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

TEST_P(KernelsTest, LogisticOfModerateAndExtremeOutputs) {
  const std::vector<float> z = {0, 1, -1, 3.5F, -7, 20, -20, 90, -90, 1e4F, -1e4F};
  for (const float label : {0.0F, 1.0F}) {
    std::vector<float> values(kBlockRows, 5.0F);
    std::copy(z.begin(), z.end(), values.begin());
    const std::vector<float> labels(z.size(), label);
    const BlockLoss sum = kernels_.logistic(values.data(), labels.data(), z.size(), 1);
    double loss = 0;
    double correct = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      const double margin = label == 1 ? z[i] : -z[i];
      loss += margin > 0 ? std::log1p(std::exp(-margin)) : -margin + std::log1p(std::exp(margin));
      correct += (z[i] > 0) == (label == 1) ? 1 : 0;
      EXPECT_NEAR(values[i], 1 / (1 + std::exp(-static_cast<double>(z[i]))) - label, 1e-7) << z[i];
    }
    EXPECT_NEAR(sum.loss, loss, 1e-6 * loss);
    EXPECT_EQ(sum.correct, correct);
    EXPECT_EQ(values[z.size()], 0);
  }
}

TEST_P(KernelsTest, LogisticKeepsTheDigitsOfSmallLosses) {
  std::vector<float> values(kBlockRows, 0.0F);
  values[0] = 15;
  const float label = 1;
  const double exact = std::log1p(std::exp(-15.0));
  EXPECT_NEAR(kernels_.logistic(values.data(), &label, 1, 1).loss, exact, 1e-6 * exact);
}

TEST_P(KernelsTest, SoftmaxIsCrossEntropy) {
  constexpr std::size_t kRows = 37;
  for (const std::size_t outputs : {2U, 3U, 10U, 41U}) {
    auto values = Normals(outputs * kBlockRows, 5, 3);
    values[0] = 500;  // no overflow
    const auto z = values;
    std::vector<float> labels;
    for (std::size_t i = 0; i < kRows; ++i) labels.push_back(static_cast<float>(i % outputs));
    const BlockLoss sum = kernels_.softmax(values.data(), labels.data(), kRows, outputs);
    double loss = 0;
    double correct = 0;
    for (std::size_t i = 0; i < kRows; ++i) {
      std::size_t best = 0;
      for (std::size_t c = 1; c < outputs; ++c) best = z[c * kBlockRows + i] > z[best * kBlockRows + i] ? c : best;
      double total = 0;
      for (std::size_t c = 0; c < outputs; ++c) {
        total += std::exp(static_cast<double>(z[c * kBlockRows + i]) - z[best * kBlockRows + i]);
      }
      const std::size_t label = i % outputs;
      loss += std::log(total) + z[best * kBlockRows + i] - z[label * kBlockRows + i];
      correct += best == label ? 1 : 0;
      for (std::size_t c = 0; c < outputs; ++c) {
        const double p = std::exp(static_cast<double>(z[c * kBlockRows + i]) - z[best * kBlockRows + i]) / total;
        ASSERT_NEAR(values[c * kBlockRows + i], p - (c == label ? 1 : 0), 1e-6);
      }
    }
    EXPECT_NEAR(sum.loss, loss, 1e-6 * loss);
    EXPECT_EQ(sum.correct, correct);
    EXPECT_EQ(values[kRows], 0);
  }
}

TEST_P(KernelsTest, HingeOfOneAndOfSeveralOutputs) {
  const std::vector<float> labels = {0, 1, 1, 0};
  std::vector<float> values(kBlockRows, 9.0F);
  std::copy_n(std::vector<float>{-2, 2, 0.5F, 0.5F}.begin(), 4, values.begin());
  BlockLoss sum = kernels_.hinge(values.data(), labels.data(), 4, 1);
  EXPECT_NEAR(sum.loss, 0 + 0 + 0.5 + 1.5, 1e-6);
  EXPECT_EQ(sum.correct, 3);
  EXPECT_EQ(std::vector<float>(values.begin(), values.begin() + 4), (std::vector<float>{0, 0, -1, 1}));

  values.assign(3 * kBlockRows, 0.0F);
  const float two = 2;
  values[0] = -3, values[kBlockRows] = 0.25F, values[2 * kBlockRows] = 0.5F;
  sum = kernels_.hinge(values.data(), &two, 1, 3);
  EXPECT_NEAR(sum.loss, 0 + 1.25 + 0.5, 1e-6);
  EXPECT_EQ(sum.correct, 1);
  EXPECT_EQ(values[0], 0);
  EXPECT_EQ(values[kBlockRows], 1);
  EXPECT_EQ(values[2 * kBlockRows], -1);
}

TEST_P(KernelsTest, LossesShowWhatIsNotFinite) {
  for (const float bad : {NAN, INFINITY}) {
    const float label = 0;
    for (const LossKernel loss : {kernels_.logistic, kernels_.softmax, kernels_.hinge}) {
      const std::size_t outputs = loss == kernels_.softmax ? 3 : 1;
      std::vector<float> values(outputs * kBlockRows, 0.0F);
      values[0] = bad;
      EXPECT_FALSE(std::isfinite(loss(values.data(), &label, 1, outputs).loss)) << bad;
    }
  }
}

}  // namespace
}  // namespace lambdaml::math
