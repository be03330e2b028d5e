// SPDX-License-Identifier: Apache-2.0
#include "data/distributions.h"

#include <gtest/gtest.h>

#include <numeric>

namespace lambdaml {
namespace {

constexpr int kDraws = 40000;

struct Moments {
  double mean = 0;
  double variance = 0;
};

template <class Draw>
Moments MomentsOf(const Draw& draw) {
  Random random(3, 1);
  std::vector<double> values(kDraws);
  for (double& value : values) value = draw(random);
  Moments moments;
  for (const double value : values) moments.mean += value / kDraws;
  for (const double value : values) moments.variance += (value - moments.mean) * (value - moments.mean) / kDraws;
  return moments;
}

TEST(Distributions, GammaHasItsShapeAsMeanAndVariance) {
  for (const double shape : {0.3, 0.6, 1.0, 2.4, 20.0}) {
    const Moments moments = MomentsOf([shape](Random& random) { return Gamma(random, shape); });
    EXPECT_NEAR(moments.mean / shape, 1, 5 / std::sqrt(shape * kDraws));
    EXPECT_NEAR(moments.variance / shape, 1, 0.1) << shape;
  }
}

TEST(Distributions, BetaHasItsMeanAndVariance) {
  const Moments moments = MomentsOf([](Random& random) { return Beta(random, 5.6, 2.4); });
  EXPECT_NEAR(moments.mean, 0.7, 0.005);
  EXPECT_NEAR(moments.variance, 0.7 * 0.3 / 9, 0.001);
}

TEST(Distributions, SharesAddUpToOne) {
  Random random(1, 1);
  const std::vector<double> shares = Dirichlet(random, 50, 0.6);
  EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 1, 1e-12);
  EXPECT_GT(*std::min_element(shares.begin(), shares.end()), 0);
}

TEST(Distributions, EachPositionIsPickedByItsWeight) {
  const std::vector<double> cumulated = Cumulated({1, 0, 2, 1});
  EXPECT_EQ(Pick(cumulated, 0), 0U);
  EXPECT_EQ(Pick(cumulated, 0.2499), 0U);
  EXPECT_EQ(Pick(cumulated, 0.25), 2U);
  EXPECT_EQ(Pick(cumulated, 0.7499), 2U);
  EXPECT_EQ(Pick(cumulated, 0.75), 3U);
  EXPECT_EQ(Pick(cumulated, 1), 3U);
}

TEST(Distributions, PowerLawStaysWithinItsSize) {
  for (const double exponent : {0.5, 1.05, 1.2, 3.0}) {
    const PowerLaw law(100, exponent);
    EXPECT_EQ(law.Rank(0), 0U);
    EXPECT_EQ(law.Rank(1 - 1e-16), 99U) << exponent;
  }
  double first = 0;
  const PowerLaw law(1000, 1.2);
  Random random(1, 1);
  for (int i = 0; i < kDraws; ++i) first += law.Rank(random.Uniform()) == 0 ? 1.0 / kDraws : 0;
  EXPECT_NEAR(first, (1 - std::pow(2, -0.2)) / (1 - std::pow(1001, -0.2)), 0.01);
}

}  // namespace
}  // namespace lambdaml
