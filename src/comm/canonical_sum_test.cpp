// SPDX-License-Identifier: Apache-2.0
#include "comm/canonical_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <span>
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
std::vector<Encoded> PlainOf(const std::vector<std::vector<T>>& vectors) {
  std::vector<Encoded> plain;
  plain.reserve(vectors.size());
  for (const std::vector<T>& vector : vectors) plain.push_back(Encoded::Of(std::span(vector)));
  return plain;
}

template <class T>
void AddAll(const std::vector<std::vector<T>>& vectors, std::vector<T>& sum) {
  CanonicalSum(PlainOf(vectors), Accumulate::kFloat32, Elements::Of(std::span(sum)));
}

template <class T>
void ExpectTheDefinition(std::size_t ranks, std::size_t length) {
  const auto vectors = VectorsOf<T>(ranks, length);
  std::vector<T> expected(length);
  for (std::size_t i = 0; i < length; ++i) expected[i] = NaiveSum(vectors, i, 0, ranks);
  std::vector<T> sum(length, std::numeric_limits<T>::quiet_NaN());
  AddAll(vectors, sum);
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
  AddAll(vectors, sum);
  std::vector<float> in_rank_order(5003);
  for (const auto& vector : vectors) {
    for (std::size_t i = 0; i < vector.size(); ++i) in_rank_order[i] += vector[i];
  }
  EXPECT_NE(sum, in_rank_order);
}

TEST(CanonicalSum, WritesIntoAnyOfItsInputs) {
  for (const std::size_t ranks : {1U, 2U, 3U, 8U}) {
    std::vector<double> expected(5003);
    AddAll(VectorsOf<double>(ranks, 5003), expected);
    for (std::size_t own = 0; own < ranks; ++own) {
      auto vectors = VectorsOf<double>(ranks, 5003);
      AddAll(vectors, vectors[own]);
      EXPECT_EQ(vectors[own], expected) << "rank " << own << " of " << ranks;
    }
  }
}

TEST(CanonicalSum, NeedsNoAlignment) {
  const auto vectors = VectorsOf<float>(2, 1001);
  std::vector<float> expected(1001);
  AddAll(vectors, expected);

  constexpr std::size_t kSize = 1001 * sizeof(float);
  Bytes shifted(2 * kSize + 3);
  std::memcpy(&shifted[1], vectors[0].data(), kSize);
  std::memcpy(&shifted[kSize + 3], vectors[1].data(), kSize);
  const std::vector<Encoded> plain{{ElementType::kFloat32, ByteSpan(shifted).subspan(1, kSize), 1001},
                                   {ElementType::kFloat32, ByteSpan(shifted).subspan(kSize + 3, kSize), 1001}};
  std::vector<float> sum(1001);
  CanonicalSum(plain, Accumulate::kFloat32, Elements::Of(std::span(sum)));
  EXPECT_EQ(sum, expected);
}

// What a rank brings: its values, and how they have travelled.
struct Brought {
  std::vector<float> values;
  std::vector<double> wide = {};  // a sum of several ranks, if not empty
  ElementType type = ElementType::kNothing;
  Bytes bytes = {};

  Encoded encoded() const { return {type, bytes, values.size()}; }
};

float AnyNumber(Random& random) {
  constexpr float kSpecial[] = {-0.0F, 1e-40F, -1e-45F, 3e38F, -3e38F, 0.0F};
  if (random.Below(8) == 0) return kSpecial[random.Below(std::size(kSpecial))];
  return static_cast<float>(random.Normal() * std::exp(6.0 * random.Normal()));
}

Brought AnyContribution(Random& random, std::size_t length) {
  constexpr Wire kWires[] = {Wire::kFloat32, Wire::kFloat32,  Wire::kFloat32,
                             Wire::kFloat16, Wire::kBfloat16, Wire::kInt8};
  const WireFormat format{.wire = kWires[random.Below(std::size(kWires))], .sparse = random.Below(3) != 0};
  const double density = random.Below(2) == 0 ? 1 : random.Uniform() * 0.5;
  Brought brought;
  brought.values.resize(length);
  for (float& value : brought.values) value = random.Uniform() < density ? AnyNumber(random) : 0;
  if (length > 0 && random.Below(8) == 0) {
    brought.values[random.Below(length)] = std::numeric_limits<float>::infinity();
    brought.values[random.Below(length)] = std::numeric_limits<float>::quiet_NaN();
  }
  const Elements elements = Elements::Of(std::span(brought.values));
  RoundTo(format.wire, elements);
  brought.type = Encode(elements, format, brought.bytes);
  return brought;
}

// The definition in the header for values that were made plain before, in T.
template <class T>
T PlainSum(std::span<const Brought> ranks, std::size_t element) {
  if (ranks.size() == 1) {
    if (!ranks[0].wide.empty()) return static_cast<T>(ranks[0].wide[element]);
    return ranks[0].values[element];
  }
  const std::size_t left = (ranks.size() + 1) / 2;
  return PlainSum<T>(ranks.first(left), element) + PlainSum<T>(ranks.subspan(left), element);
}

// The same bits, but that any NaN is as good as another.
template <class T>
bool Same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::ranges::equal(a, b, [](T x, T y) {
    return (std::isnan(x) && std::isnan(y)) || (x == y && std::signbit(x) == std::signbit(y));
  });
}

template <class T>
std::vector<T> SumOf(std::span<const Brought> ranks, Accumulate accumulate) {
  std::vector<Encoded> encoded;
  for (const Brought& rank : ranks) encoded.push_back(rank.encoded());
  std::vector<T> sum(ranks[0].values.size(), 77);
  CanonicalSum(encoded, accumulate, Elements::Of(std::span(sum)));
  return sum;
}

constexpr std::size_t kLengths[] = {0, 1, 255, 256, 257, 1024, 1025, 5003};

TEST(CanonicalSum, AnyMixOfFormsIsTheSumOfTheirValues) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(29, seed);
    const std::size_t ranks = 1 + random.Below(seed % 10 == 0 ? 70 : 20);
    const std::size_t length = kLengths[random.Below(std::size(kLengths))];
    std::vector<Brought> brought;
    for (std::size_t rank = 0; rank < ranks; ++rank) brought.push_back(AnyContribution(random, length));
    std::vector<float> in_float32(length);
    std::vector<double> in_float64(length);
    for (std::size_t i = 0; i < length; ++i) {
      in_float32[i] = PlainSum<float>(brought, i);
      in_float64[i] = PlainSum<double>(brought, i);
    }
    EXPECT_TRUE(Same(SumOf<float>(brought, Accumulate::kFloat32), in_float32)) << seed;
    EXPECT_TRUE(Same(SumOf<double>(brought, Accumulate::kFloat64), in_float64)) << seed;
    const std::vector<float> rounded(in_float64.begin(), in_float64.end());
    EXPECT_TRUE(Same(SumOf<float>(brought, Accumulate::kFloat64), rounded)) << seed;
  }
}

// The sum of ranks that travels as float64.
Brought PartialSum(std::span<const Brought> ranks) {
  Brought sum{.values = std::vector<float>(ranks[0].values.size()), .wide = SumOf<double>(ranks, Accumulate::kFloat64)};
  sum.type = Encode(Elements::Of(std::span(sum.wide)), {}, sum.bytes);
  return sum;
}

TEST(CanonicalSum, GroupsThatAreAddedInFloat64GiveTheBitsOfOneSum) {
  for (std::size_t ranks = 2; ranks < 40; ++ranks) {
    Random random(37, ranks);
    std::vector<Brought> brought;
    for (std::size_t rank = 0; rank < ranks; ++rank) brought.push_back(AnyContribution(random, 1025));
    const std::span<const Brought> all = brought;
    const std::size_t left = LeftRanks(ranks);
    const std::vector<Brought> groups = {PartialSum(all.first(left)), PartialSum(all.subspan(left))};
    const std::vector<float> expected = SumOf<float>(all, Accumulate::kFloat64);
    EXPECT_TRUE(Same(SumOf<float>(groups, Accumulate::kFloat64), expected)) << ranks;
    EXPECT_TRUE(Same(SumOf<float>(groups, Accumulate::kFloat32), expected)) << ranks;
    if (left != 2) continue;
    const std::vector<Brought> mixed = {PartialSum(all.first(left)), brought[2]};  // one rank is a group of its own
    EXPECT_TRUE(Same(SumOf<float>(mixed, Accumulate::kFloat64), SumOf<float>(all.first(3), Accumulate::kFloat64)));
  }
}

TEST(CanonicalSum, WritesIntoAnInputAmongOtherForms) {
  for (const Accumulate accumulate : {Accumulate::kFloat32, Accumulate::kFloat64}) {
    for (const std::size_t ranks : {2U, 9U, 33U}) {
      Random random(41, ranks);
      std::vector<Brought> brought;
      for (std::size_t rank = 0; rank < ranks; ++rank) brought.push_back(AnyContribution(random, 5003));
      const std::vector<float> expected = SumOf<float>(brought, accumulate);
      for (std::size_t own = 0; own < ranks; ++own) {
        std::vector<Encoded> encoded;
        encoded.reserve(ranks);
        for (const Brought& rank : brought) encoded.push_back(rank.encoded());
        std::vector<float> values = brought[own].values;
        encoded[own] = Encoded::Of(std::span<const float>(values));
        CanonicalSum(encoded, accumulate, Elements::Of(std::span(values)));
        EXPECT_TRUE(Same(values, expected)) << "rank " << own << " of " << ranks;
      }
    }
  }
}

TEST(CanonicalSum, OfAThousandRanks) {
  const auto vectors = VectorsOf<float>(1000, 300);
  std::vector<float> sum(300);
  AddAll(vectors, sum);
  for (std::size_t i = 0; i < sum.size(); ++i) ASSERT_EQ(sum[i], NaiveSum(vectors, i, 0, 1000)) << i;
}

}  // namespace
}  // namespace lambdaml
