// SPDX-License-Identifier: Apache-2.0
#include "comm/canonical_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/random.h"

namespace lambdaml {
namespace {

// Magnitudes differ so much that another order of summation gives other bits.
template <class T>
std::vector<std::vector<T>> VectorsOf(std::size_t ranks, std::size_t length) {
  std::vector<std::vector<T>> vectors(ranks, std::vector<T>(length));
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    Random random(17, rank);
    for (T& value : vectors[rank]) value = static_cast<T>(random.Normal() * std::exp(6.0 * random.Normal()));
  }
  return vectors;
}

// The definition in the header, word by word.
template <class T>
T NaiveSum(const std::vector<std::vector<T>>& vectors, std::size_t element, std::size_t first, std::size_t ranks) {
  if (ranks == 1) return vectors[first][element];
  const std::size_t left = (ranks + 1) / 2;
  return NaiveSum(vectors, element, first, left) + NaiveSum(vectors, element, first + left, ranks - left);
}

template <class T>
std::vector<ByteSpan> SpansOf(const std::vector<std::vector<T>>& vectors) {
  std::vector<ByteSpan> spans;
  spans.reserve(vectors.size());
  for (const std::vector<T>& vector : vectors) spans.push_back(std::as_bytes(std::span(vector)));
  return spans;
}

template <class T>
void ExpectTheDefinition(std::size_t ranks, std::size_t length) {
  const auto vectors = VectorsOf<T>(ranks, length);
  std::vector<T> expected(length);
  for (std::size_t i = 0; i < length; ++i) expected[i] = NaiveSum(vectors, i, 0, ranks);
  std::vector<T> sum(length, std::numeric_limits<T>::quiet_NaN());
  CanonicalSum(SpansOf(vectors), Elements::Of(std::span(sum)));
  const ByteSpan bits = std::as_bytes(std::span(sum));
  EXPECT_TRUE(std::ranges::equal(bits, std::as_bytes(std::span(expected)))) << ranks << " ranks, length " << length;
}

TEST(CanonicalSum, IsTheRecursiveDefinitionBitForBit) {
  for (std::size_t ranks = 1; ranks <= 33; ++ranks) {
    for (const std::size_t length : {0U, 1U, 17U, 5003U}) {
      ExpectTheDefinition<float>(ranks, length);
      ExpectTheDefinition<double>(ranks, length);
    }
  }
}

TEST(CanonicalSum, AnotherOrderGivesOtherBits) {
  const auto vectors = VectorsOf<float>(7, 5003);
  std::vector<float> sum(5003);
  CanonicalSum(SpansOf(vectors), Elements::Of(std::span(sum)));
  std::vector<float> in_rank_order(5003);
  for (const auto& vector : vectors) {
    for (std::size_t i = 0; i < vector.size(); ++i) in_rank_order[i] += vector[i];
  }
  EXPECT_NE(sum, in_rank_order);
}

TEST(CanonicalSum, WritesIntoAnyOfItsInputs) {
  for (const std::size_t ranks : {1U, 2U, 3U, 8U}) {
    std::vector<double> expected(5003);
    CanonicalSum(SpansOf(VectorsOf<double>(ranks, 5003)), Elements::Of(std::span(expected)));
    for (std::size_t own = 0; own < ranks; ++own) {
      auto vectors = VectorsOf<double>(ranks, 5003);
      CanonicalSum(SpansOf(vectors), Elements::Of(std::span(vectors[own])));
      EXPECT_EQ(vectors[own], expected) << "rank " << own << " of " << ranks;
    }
  }
}

TEST(CanonicalSum, NeedsNoAlignment) {
  const auto vectors = VectorsOf<float>(2, 1001);
  std::vector<float> expected(1001);
  CanonicalSum(SpansOf(vectors), Elements::Of(std::span(expected)));

  constexpr std::size_t kSize = 1001 * sizeof(float);
  Bytes shifted(2 * kSize + 3);
  std::memcpy(&shifted[1], vectors[0].data(), kSize);
  std::memcpy(&shifted[kSize + 3], vectors[1].data(), kSize);
  const std::vector<ByteSpan> spans{ByteSpan(shifted).subspan(1, kSize), ByteSpan(shifted).subspan(kSize + 3, kSize)};
  std::vector<float> sum(1001);
  CanonicalSum(spans, Elements::Of(std::span(sum)));
  EXPECT_EQ(sum, expected);
}

}  // namespace
}  // namespace lambdaml
