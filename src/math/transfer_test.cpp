// SPDX-License-Identifier: Apache-2.0
// Every instruction set that this processor has gives the same bits: a vector is rounded by one processor and added by
// another. What the bits must be, src/comm tests through messages.
#include "math/transfer.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "math/testing.h"

namespace lambdaml::math {
namespace {

constexpr std::size_t kSizes[] = {0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 63, 64, 100, 256, 1000};

// Of all magnitudes up to 127 and their neighbours, the ties of all roundings, and what is not finite.
std::vector<float> Numbers(std::size_t size, std::uint64_t stream) {
  constexpr float kSpecial[] = {0.0F, -0.0F, 1e-40F, -1e-45F, 0x1p-14F, 0x1p-25F, 0x1.8p-24F, 2.5F, -3.5F, 127};
  Random random(7, stream);
  std::vector<float> values(size);
  for (float& value : values) {
    const auto exponent = -static_cast<int>(random.Below(40));
    value = static_cast<float>(std::ldexp(127 * (2 * random.Uniform() - 1), exponent));
    if (random.Below(4) == 0) value = kSpecial[random.Below(std::size(kSpecial))];
    if (random.Below(40) == 0) value = random.Below(2) == 0 ? NAN : -std::numeric_limits<float>::infinity();
  }
  return values;
}

class TransferTest : public ::testing::TestWithParam<const Kernels*> {
 protected:
  const TransferKernels& kernels_ = GetParam()->transfer;
  const TransferKernels& baseline_ = SupportedKernels()[0]->transfer;
};

INSTANTIATE_TEST_SUITE_P(All, TransferTest, ::testing::ValuesIn(AllKernels()), KernelsName);

// What convert(from, to) writes, and 64 bytes behind it that must stay.
template <class Convert>
Bytes Written(std::size_t bytes, const Convert& convert) {
  Bytes out(bytes + 64);
  std::memset(out.data(), 0x5A, out.size());
  convert(out.data());
  for (std::size_t i = bytes; i < out.size(); ++i) EXPECT_EQ(out[i], std::byte{0x5A}) << i - bytes << " behind";
  return out;
}

TEST_P(TransferTest, RoundsAndWidensAsTheBaseline) {
  for (const std::size_t size : kSizes) {
    const std::vector<float> values = Numbers(size, size);
    const std::byte* const x = std::as_bytes(std::span(values)).data();
    const auto bfloat16 = [&](const TransferKernels& k) {
      return Written(2 * size, [&](std::byte* out) { k.to_bfloat16(x, size, out); });
    };
    const auto float16 = [&](const TransferKernels& k) {
      return Written(2 * size, [&](std::byte* out) { k.to_float16(x, size, 0x1p-3F, out); });
    };
    const auto int8 = [&](const TransferKernels& k) {
      return Written(size, [&](std::byte* out) { k.to_int8(x, size, 1, out); });
    };
    EXPECT_EQ(bfloat16(kernels_), bfloat16(baseline_)) << size;
    EXPECT_EQ(float16(kernels_), float16(baseline_)) << size;
    EXPECT_EQ(int8(kernels_), int8(baseline_)) << size;
    EXPECT_EQ(kernels_.largest_finite(x, size), baseline_.largest_finite(x, size)) << size;
  }
}

// All numbers that there are in 16 and in 8 bits.
TEST_P(TransferTest, ReadsEveryNumberAsTheBaseline) {
  constexpr std::size_t kCount = 65536;
  constexpr std::size_t kBytes = kCount * sizeof(float);
  std::vector<std::uint16_t> numbers(kCount);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::uint16_t>(i);
  const std::byte* const in = std::as_bytes(std::span(numbers)).data();
  for (const float scale : {1.0F, 0x1p-126F, 0x1p127F}) {
    const auto read = [&](const TransferKernels& k) {
      return Written(3 * kBytes, [&](std::byte* out) {
        k.from_bfloat16(in, kCount, out);
        k.from_float16(in, kCount, scale, out + kBytes);
        k.from_int8(in, kCount, scale, out + 2 * kBytes);
      });
    };
    EXPECT_EQ(read(kernels_), read(baseline_)) << scale;
  }
}

// What may come back as it was does.
TEST_P(TransferTest, WritesEveryFloat16AsItWasRead) {
  std::vector<std::uint16_t> numbers;
  for (std::uint32_t i = 0; i < 65536; ++i) {
    if ((i & 0x7FFFU) <= 0x7C00U) numbers.push_back(static_cast<std::uint16_t>(i));  // no NaN
  }
  std::vector<float> values(numbers.size());
  std::vector<std::uint16_t> again(numbers.size());
  std::byte* const x = std::as_writable_bytes(std::span(values)).data();
  kernels_.from_float16(std::as_bytes(std::span(numbers)).data(), numbers.size(), 4, x);
  kernels_.to_float16(x, numbers.size(), 0.25F, std::as_writable_bytes(std::span(again)).data());
  EXPECT_EQ(again, numbers);
  EXPECT_EQ(values[0x0001], 0x1p-22F);
  EXPECT_EQ(values[0x3C00], 4);
  EXPECT_EQ(values[0x7BFF], 4 * 65504);
}

TEST_P(TransferTest, FindsWhatIsNotZero) {
  for (const std::size_t size : kSizes) {
    std::vector<float> values = Numbers(size, 100 + size);
    std::vector<std::uint32_t> expected;
    for (std::size_t i = 0; i < size; ++i) {
      if (i % 50 > 2) values[i] = 0;
      if (values[i] != 0 || std::signbit(values[i])) expected.push_back(static_cast<std::uint32_t>(i));
    }
    const std::byte* const x = std::as_bytes(std::span(values)).data();
    EXPECT_EQ(kernels_.count_nonzero(x, size), expected.size()) << size;
    std::vector<std::uint32_t> found(expected.size() + 1);
    EXPECT_EQ(kernels_.nonzero_indices(x, size, std::as_writable_bytes(std::span(found)).data()), expected.size());
    found.resize(expected.size());
    EXPECT_EQ(found, expected) << size;
  }
}

TEST_P(TransferTest, CountsBeyondOneLane) {
  const std::vector<float> ones((std::size_t{1} << 22U) + 5, 1);
  EXPECT_EQ(kernels_.count_nonzero(std::as_bytes(std::span(ones)).data(), ones.size()), ones.size());
}

TEST_P(TransferTest, AddsInTheOrderOfTheTree) {
  for (const std::size_t size : kSizes) {
    std::vector<std::vector<float>> vectors;
    std::vector<const std::byte*> at;
    for (std::size_t i = 0; i < kSumVectors; ++i) {
      Random random(9, i);
      std::vector<float>& vector = vectors.emplace_back(size);
      for (float& value : vector) value = static_cast<float>(random.Normal() * std::exp(6.0 * random.Normal()));
    }
    for (const std::vector<float>& vector : vectors) at.push_back(std::as_bytes(std::span(vector)).data());
    std::vector<float> sum(size);
    std::vector<double> wide(size);
    kernels_.sum_float32(at.data(), 5, size, std::as_writable_bytes(std::span(sum)).data());
    kernels_.sum_widened(at.data(), 5, size, std::as_writable_bytes(std::span(wide)).data());
    for (std::size_t i = 0; i < size; ++i) {
      const auto of = [&](std::size_t vector) { return vectors[vector][i]; };
      ASSERT_EQ(sum[i], ((of(0) + of(1)) + of(2)) + (of(3) + of(4)));
      const double left = (static_cast<double>(of(0)) + of(1)) + of(2);
      ASSERT_EQ(wide[i], left + (static_cast<double>(of(3)) + of(4)));
    }
  }
}

}  // namespace
}  // namespace lambdaml::math
