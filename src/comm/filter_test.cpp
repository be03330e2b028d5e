// SPDX-License-Identifier: Apache-2.0
#include "comm/filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/random.h"

namespace lambdaml {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

const FilterSettings kKinds[] = {{.kind = "none"},
                                 {.kind = "top_k", .share = 0.1},
                                 {.kind = "top_k", .share = 1},
                                 {.kind = "significance", .threshold = 0.7},
                                 {.kind = "significance", .threshold = 0}};

// Whole numbers, whose sums are exact; many are equal.
std::vector<float> WholeNumbers(std::size_t size, std::uint64_t stream) {
  Random random(11, stream);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(random.Below(41)) - 20;
  return values;
}

std::vector<float> Applied(Filter& filter, std::vector<float> update, const std::vector<float>& parameters,
                           std::uint64_t round = 0) {
  filter.Apply(update, parameters, round);
  return update;
}

// What the filter still holds; the one that sends everything saves nothing.
std::vector<float> ResidualOf(const Filter& filter, std::size_t size) {
  const Bytes saved = filter.Save();
  std::vector<float> residual(size);
  if (!saved.empty()) std::ranges::copy(saved, std::as_writable_bytes(std::span(residual)).begin());
  return residual;
}

TEST(Filter, WhatIsSentAndWhatIsLeftAreWhatWasGiven) {
  for (const FilterSettings& settings : kKinds) {
    for (const std::size_t size : {0U, 1U, 9U, 1000U}) {
      const auto filter = MakeFilter(settings, size);
      const std::vector<float> parameters = WholeNumbers(size, 99);
      std::vector<float> given(size);
      std::vector<float> sent(size);
      for (std::uint64_t round = 0; round < 50; ++round) {
        const std::vector<float> update = WholeNumbers(size, round);
        const std::vector<float> now = Applied(*filter, update, parameters, round);
        for (std::size_t i = 0; i < size; ++i) given[i] += update[i], sent[i] += now[i];
        const std::vector<float> left = ResidualOf(*filter, size);
        for (std::size_t i = 0; i < size; ++i) {
          ASSERT_EQ(sent[i] + left[i], given[i]) << settings.kind << " " << round << " " << i;
          ASSERT_TRUE(now[i] == 0 || left[i] == 0) << "part of an element was sent";
        }
      }
    }
  }
}

// By sorting, stable so that of equal ones the first come first.
std::vector<float> LargestBySorting(const std::vector<float>& values, std::size_t count) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order,
                           [&](std::size_t a, std::size_t b) { return std::fabs(values[a]) > std::fabs(values[b]); });
  std::vector<float> largest(values.size());
  for (std::size_t i = 0; i < count; ++i) largest[order[i]] = values[order[i]];
  return largest;
}

TEST(Filter, TopKSendsTheLargestFirstOnesOfEqual) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(13, seed);
    const std::size_t size = 1 + random.Below(500);
    const double share = 0.001 + 0.999 * random.Uniform();
    std::vector<float> update = WholeNumbers(size, seed);
    if (seed % 2 == 0) {
      for (float& value : update) value = static_cast<float>(random.Normal() * std::exp(20 * random.Normal()));
    }
    const auto count = static_cast<std::size_t>(std::ceil(share * static_cast<double>(size)));
    const auto filter = MakeFilter({.kind = "top_k", .share = share}, size);
    EXPECT_EQ(Applied(*filter, update, update), LargestBySorting(update, count)) << seed;
  }
}

TEST(Filter, TopKAddsWhatWasLeftOut) {
  const auto filter = MakeFilter({.kind = "top_k", .share = 0.25}, 4);
  const std::vector<float> none(4);
  EXPECT_EQ(Applied(*filter, {1, -3, 2, 0}, none), (std::vector<float>{0, -3, 0, 0}));
  EXPECT_EQ(Applied(*filter, {1, 1, 1, 0}, none), (std::vector<float>{0, 0, 3, 0}));
  EXPECT_EQ(Applied(*filter, {0, 0, 0, 0}, none), (std::vector<float>{2, 0, 0, 0}));
  EXPECT_EQ(Applied(*filter, {0, 0, 0, 0}, none), (std::vector<float>{0, 1, 0, 0}));
  EXPECT_EQ(Applied(*filter, {0, 0, 0, 0}, none), none);
}

TEST(Filter, SignificanceIsRelativeAndFallsWithTheRound) {
  const auto filter = MakeFilter({.kind = "significance", .threshold = 0.5}, 5);
  const std::vector<float> parameters = {10, -10, 10, 0, 0};
  EXPECT_EQ(Applied(*filter, {5, -6, 6, 1e-30F, 0}, parameters, 0), (std::vector<float>{0, -6, 6, 1e-30F, 0}));
  EXPECT_EQ(Applied(*filter, {1, 2.5F, 2, 0, 0}, parameters, 3), (std::vector<float>{6, 0, 0, 0, 0}));  // 0.25
  EXPECT_EQ(Applied(*filter, {0, 0.1F, 0, 0, 0}, parameters, 3), (std::vector<float>{0, 2.6F, 0, 0, 0}));
}

TEST(Filter, WhatIsNotFiniteIsSent) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> parameters = {1, nan, kInf, 1, 1e38F};
  for (const FilterSettings& settings : kKinds) {
    const auto filter = MakeFilter(settings, 5);
    const std::vector<float> sent = Applied(*filter, {nan, nan, -kInf, kInf, nan}, parameters);
    EXPECT_TRUE(std::ranges::none_of(sent, [](float value) { return std::isfinite(value); })) << settings.kind;
    EXPECT_EQ(ResidualOf(*filter, 5), std::vector<float>(5));
  }
}

TEST(Filter, GoesOnWhereItWasSaved) {
  for (const FilterSettings& settings : kKinds) {
    const std::vector<float> parameters = WholeNumbers(100, 99);
    const auto first = MakeFilter(settings, 100);
    for (std::uint64_t round = 0; round < 5; ++round) Applied(*first, WholeNumbers(100, round), parameters, round);
    const auto second = MakeFilter(settings, 100);
    const Result<void> restored = second->Restore(first->Save());
    ASSERT_TRUE(restored.ok()) << restored.error().message;
    for (std::uint64_t round = 5; round < 10; ++round) {
      const std::vector<float> update = WholeNumbers(100, round);
      EXPECT_EQ(Applied(*second, update, parameters, round), Applied(*first, update, parameters, round));
    }
    EXPECT_FALSE(MakeFilter(settings, 100)->Restore(Bytes(396)).ok()) << settings.kind;
  }
}

}  // namespace
}  // namespace lambdaml
