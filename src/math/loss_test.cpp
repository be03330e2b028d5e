// SPDX-License-Identifier: Apache-2.0
// The losses of every instruction set that this processor has, compared with their formulas in double precision.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "math/testing.h"

namespace lambdaml::math {
namespace {

class LossTest : public KernelsFixture {};

INSTANTIATE_TEST_SUITE_P(All, LossTest, ::testing::ValuesIn(AllKernels()), KernelsName);

const std::vector<float> kOnes(kBlockRows, 1.0F);

LossRows RowsOf(const std::vector<float>& labels, std::size_t outputs) {
  return {.labels = labels.data(), .weights = kOnes.data(), .rows = labels.size(), .outputs = outputs};
}

TEST_P(LossTest, LogisticOfModerateAndExtremeOutputs) {
  const std::vector<float> z = {0, 1, -1, 3.5F, -7, 20, -20, 90, -90, 1e4F, -1e4F};
  for (const float label : {0.0F, 1.0F}) {
    std::vector<float> values(kBlockRows, 5.0F);
    std::copy(z.begin(), z.end(), values.begin());
    const std::vector<float> labels(z.size(), label);
    const BlockLoss sum = kernels_.logistic(RowsOf(labels, 1), values.data());
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

TEST_P(LossTest, LogisticKeepsTheDigitsOfSmallLosses) {
  std::vector<float> values(kBlockRows, 0.0F);
  values[0] = 15;
  const double exact = std::log1p(std::exp(-15.0));
  EXPECT_NEAR(kernels_.logistic(RowsOf({1}, 1), values.data()).loss, exact, 1e-6 * exact);
}

TEST_P(LossTest, SoftmaxDoesNotOverflow) {
  std::vector<float> values(2 * kBlockRows, 0.0F);
  values[0] = 500;
  EXPECT_EQ(kernels_.softmax(RowsOf({1}, 2), values.data()).loss, 500);
  EXPECT_EQ(values[0], 1);
  EXPECT_EQ(values[kBlockRows], -1);
}

// A loss of one row in double precision; z are the outputs and residuals() its derivatives by them.
struct ExactLoss {
  ExactLoss(std::vector<double> outputs, double row_label) : z(std::move(outputs)), label(row_label) {}

  double y(std::size_t c) const { return label == (z.size() == 1 ? 1 : static_cast<double>(c)) ? 1 : -1; }
  double Slack(std::size_t c) const { return std::max(0.0, 1 - y(c) * z[c]); }
  double Probability(std::size_t c) const {
    if (z.size() == 1) return 1 / (1 + std::exp(-z[0]));
    double total = 0;
    for (const double other : z) total += std::exp(other);
    return std::exp(z[c]) / total;
  }
  std::size_t Prediction() const {
    if (z.size() == 1) return z[0] > 0 ? 1 : 0;
    return static_cast<std::size_t>(std::max_element(z.begin(), z.end()) - z.begin());
  }

  double Logistic() const { return -std::log(y(0) > 0 ? Probability(0) : 1 - Probability(0)); }
  double Softmax() const { return -std::log(Probability(static_cast<std::size_t>(label))); }
  double LogisticResidual(std::size_t c) const { return Probability(c) - (y(c) > 0 ? 1 : 0); }

  template <class Each>
  double Sum(const Each& each) const {
    double sum = 0;
    for (std::size_t c = 0; c < z.size(); ++c) sum += each(c);
    return sum;
  }
  double Hinge() const {
    return Sum([this](std::size_t c) { return Slack(c); });
  }
  double HingeResidual(std::size_t c) const { return Slack(c) > 0 ? -y(c) : 0; }
  double SquaredHinge() const {
    return Sum([this](std::size_t c) { return Slack(c) * Slack(c); });
  }
  double SquaredHingeResidual(std::size_t c) const { return -2 * y(c) * Slack(c); }

  double Error() const { return z[0] - label; }
  double Squares() const { return Error() * Error() / 2; }
  double SquaresResidual(std::size_t) const { return Error(); }
  double Huber() const { return std::abs(Error()) <= kDelta ? Squares() : kDelta * (std::abs(Error()) - kDelta / 2); }
  double HuberResidual(std::size_t) const { return std::clamp(Error(), -kDelta, kDelta); }

  static constexpr double kDelta = 0.75;

  std::vector<double> z;
  double label;
};

struct LossCase {
  LossKernel Kernels::*kernel;
  std::vector<std::size_t> outputs;
  double (ExactLoss::*loss)() const;
  double (ExactLoss::*residual)(std::size_t) const;
};

const LossCase kClassLosses[] = {
    {&Kernels::logistic, {1}, &ExactLoss::Logistic, &ExactLoss::LogisticResidual},
    {&Kernels::softmax, {2, 3, 10, 41}, &ExactLoss::Softmax, &ExactLoss::LogisticResidual},
    {&Kernels::hinge, {1, 2, 7}, &ExactLoss::Hinge, &ExactLoss::HingeResidual},
    {&Kernels::squared_hinge, {1, 2, 7}, &ExactLoss::SquaredHinge, &ExactLoss::SquaredHingeResidual},
};
const LossCase kNumberLosses[] = {
    {&Kernels::squares, {1}, &ExactLoss::Squares, &ExactLoss::SquaresResidual},
    {&Kernels::huber, {1}, &ExactLoss::Huber, &ExactLoss::HuberResidual},
};

// Compares with the formulas, under weights from 1/4 to 5/4.
BlockLoss CheckLoss(const Kernels& kernels, const LossCase& test, std::size_t outputs,
                    const std::vector<float>& labels) {
  auto values = Normals(outputs * kBlockRows, 5, 3);
  const auto z = values;
  std::vector<float> weights;
  for (std::size_t i = 0; i < labels.size(); ++i) weights.push_back(static_cast<float>(i % 5 + 1) / 4);
  const BlockLoss sum = (kernels.*test.kernel)({.labels = labels.data(),
                                                .weights = weights.data(),
                                                .rows = labels.size(),
                                                .outputs = outputs,
                                                .delta = static_cast<float>(ExactLoss::kDelta)},
                                               values.data());
  double loss = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    ExactLoss exact({}, labels[i]);
    for (std::size_t c = 0; c < outputs; ++c) exact.z.push_back(z[c * kBlockRows + i]);
    loss += weights[i] * (exact.*test.loss)();
    for (std::size_t c = 0; c < outputs; ++c) {
      EXPECT_NEAR(values[c * kBlockRows + i], weights[i] * (exact.*test.residual)(c), 2e-6) << "row " << i << " " << c;
    }
  }
  EXPECT_NEAR(sum.loss, loss, 1e-6 * loss);
  const std::size_t lanes = (labels.size() + kernels.lanes - 1) / kernels.lanes * kernels.lanes;
  for (std::size_t i = labels.size(); i < lanes; ++i) EXPECT_EQ(values[i], 0) << "lane without a row";
  return sum;
}

TEST_P(LossTest, LossesOfClassesAreTheirFormulas) {
  for (const LossCase& test : kClassLosses) {
    for (const std::size_t outputs : test.outputs) {
      for (const std::size_t rows : {1U, 16U, 37U, 64U}) {
        SCOPED_TRACE(std::to_string(&test - kClassLosses) + ": " + std::to_string(outputs) + " outputs");
        std::vector<float> labels;
        for (std::size_t i = 0; i < rows; ++i)
          labels.push_back(static_cast<float>(i % std::max<std::size_t>(outputs, 2)));
        const BlockLoss sum = CheckLoss(kernels_, test, outputs, labels);
        const auto z = Normals(outputs * kBlockRows, 5, 3);
        double correct = 0;
        for (std::size_t i = 0; i < rows; ++i) {
          ExactLoss exact({}, labels[i]);
          for (std::size_t c = 0; c < outputs; ++c) exact.z.push_back(z[c * kBlockRows + i]);
          correct += static_cast<float>(exact.Prediction()) == labels[i] ? 1 : 0;
        }
        EXPECT_EQ(sum.correct, correct);
        EXPECT_EQ(sum.squares, 0);
      }
    }
  }
}

TEST_P(LossTest, LossesOfNumbersAreTheirFormulas) {
  for (const LossCase& test : kNumberLosses) {
    for (const std::size_t rows : {1U, 16U, 37U, 64U}) {
      const auto labels = Normals(rows, 6, 2);
      const BlockLoss sum = CheckLoss(kernels_, test, 1, labels);
      const auto z = Normals(kBlockRows, 5, 3);
      double squares = 0;
      for (std::size_t i = 0; i < rows; ++i) squares += std::pow(static_cast<double>(z[i]) - labels[i], 2);
      EXPECT_NEAR(sum.squares, squares, 1e-6 * squares);
      EXPECT_EQ(sum.correct, 0);
    }
  }
}

TEST_P(LossTest, LabelsThatAreNoClassLeaveTheProbabilities) {
  std::vector<float> values(3 * kBlockRows, 0.0F);
  values[0] = 2;
  kernels_.logistic(RowsOf({-1}, 1), values.data());
  EXPECT_NEAR(values[0], 1 / (1 + std::exp(-2.0)), 1e-7);
  values[0] = 0;
  kernels_.softmax(RowsOf({-1}, 3), values.data());
  for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(values[c * kBlockRows], 1.0 / 3, 1e-7);
}

// Where a piecewise loss has a kink, the subgradient is that of the side without loss.
TEST_P(LossTest, HingeIsFlatAtItsKink) {
  std::vector<float> values(kBlockRows, 0.0F);
  values[0] = 1, values[1] = -1, values[2] = 0.5F;
  EXPECT_EQ(kernels_.hinge(RowsOf({1, 0, 1}, 1), values.data()).loss, 0.5);
  EXPECT_EQ(std::vector<float>(values.begin(), values.begin() + 3), (std::vector<float>{0, 0, -1}));
}

TEST_P(LossTest, LossesShowWhatIsNotFinite) {
  for (const float bad : {NAN, INFINITY}) {
    for (const LossKernel loss : {kernels_.logistic, kernels_.softmax, kernels_.hinge, kernels_.squared_hinge,
                                  kernels_.squares, kernels_.huber}) {
      const std::size_t outputs = loss == kernels_.softmax ? 3 : 1;
      std::vector<float> values(outputs * kBlockRows, 0.0F);
      values[0] = bad;
      EXPECT_FALSE(std::isfinite(loss(RowsOf({0}, outputs), values.data()).loss)) << bad;
    }
  }
}

}  // namespace
}  // namespace lambdaml::math
