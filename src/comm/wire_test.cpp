// SPDX-License-Identifier: Apache-2.0
#include "comm/wire.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "comm/wire_narrow.h"

namespace lambdaml {
namespace {

constexpr std::size_t kLengths[] = {0, 1, 2, 15, 255, 256, 257, 512, 5003};
constexpr Wire kWires[] = {Wire::kFloat32, Wire::kFloat16, Wire::kBfloat16, Wire::kInt8};
constexpr float kInf = std::numeric_limits<float>::infinity();

// Numbers of all magnitudes, denormal ones and both zeros among them.
std::vector<float> Numbers(std::size_t length, std::uint64_t stream, double density = 1) {
  Random random(31, stream);
  std::vector<float> values(length);
  for (float& value : values) {
    if (random.Uniform() >= density) continue;
    const int exponent = static_cast<int>(random.Below(60)) - static_cast<int>(random.Below(2) * 130);
    value = static_cast<float>(std::ldexp(random.Uniform() - 0.5, exponent));
    if (random.Below(50) == 0) value = -0.0F;
  }
  return values;
}

std::vector<std::uint32_t> Bits(const std::vector<float>& values) {
  std::vector<std::uint32_t> bits(values.size());
  std::ranges::transform(values, bits.begin(), [](float value) { return std::bit_cast<std::uint32_t>(value); });
  return bits;
}

struct Travelled {
  ElementType type = ElementType::kNothing;
  std::size_t bytes = 0;
  std::vector<float> values;
};

// Through a message in which the elements begin at an odd address and are followed by something else.
Travelled Travel(std::vector<float> values, const WireFormat& format) {
  Bytes message(3);
  const Elements elements = Elements::Of(std::span(values));
  const ElementType type = Encode(elements, format, message);
  EXPECT_TRUE(MayTravelAs(ElementType::kFloat32, format, type));
  const std::size_t size = message.size() - 3;
  message.resize(message.size() + 5);
  const ByteSpan payload = ByteSpan(message).subspan(3);
  const Result<std::size_t> checked = CheckEncoded(type, payload, values.size());
  EXPECT_TRUE(checked.ok()) << checked.error().message;
  EXPECT_EQ(checked.value(), size);
  std::vector<float> decoded(values.size(), 77);
  Decode({type, payload.first(size), values.size()}, Elements::Of(std::span(decoded)));
  return {type, size, decoded};
}

TEST(Wire, WhatIsRoundedTravelsBitForBit) {
  for (const Wire wire : kWires) {
    for (const std::size_t length : kLengths) {
      for (const double density : {1.0, 0.1}) {
        std::vector<float> values = Numbers(length, length, density);
        RoundTo(wire, Elements::Of(std::span(values)));
        const Travelled travelled = Travel(values, {.wire = wire});
        ASSERT_EQ(Bits(travelled.values), Bits(values)) << static_cast<int>(wire) << " " << length;
      }
    }
  }
}

TEST(Wire, RoundingTwiceIsRoundingOnce) {
  for (const Wire wire : kWires) {
    std::vector<float> values = Numbers(5003, 1);
    values[300] = kInf, values[301] = -kInf, values[302] = NAN;
    RoundTo(wire, Elements::Of(std::span(values)));
    std::vector<float> again = values;
    RoundTo(wire, Elements::Of(std::span(again)));
    EXPECT_EQ(Bits(again), Bits(values)) << static_cast<int>(wire);
  }
}

// The largest magnitude of a block that begins at `first`.
double LargestOf(const std::vector<float>& values, std::size_t first) {
  double largest = 0;
  for (std::size_t i = first; i < std::min(first + kWireBlock, values.size()); ++i) {
    largest = std::max(largest, std::fabs(static_cast<double>(values[i])));
  }
  return largest;
}

// The definition in the header: the nearest multiple of the smallest power of two with which the block fits into 127.
TEST(Wire, Int8IsTheNearestMultipleOfTheScale) {
  const std::vector<float> values = Numbers(5003, 2);
  std::vector<float> rounded = values;
  RoundTo(Wire::kInt8, Elements::Of(std::span(rounded)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double largest = LargestOf(values, i / kWireBlock * kWireBlock);
    double scale = 0x1p-126;
    while (127 * scale < largest) scale *= 2;
    ASSERT_EQ(rounded[i], std::nearbyint(values[i] / scale) * scale) << i;
    ASSERT_FALSE(rounded[i] == 0 && std::signbit(rounded[i])) << i;
  }
}

// Binary16 has 11 bits from 2^-14 on and steps of 2^-24 below.
double NearestFloat16(double x) {
  if (x == 0) return x;
  const int exponent = std::max(std::ilogb(x), -14) - 10;
  return std::ldexp(std::nearbyint(std::ldexp(x, -exponent)), exponent);
}

TEST(Wire, Float16IsTheNearestOfItsScale) {
  const std::vector<float> values = Numbers(5003, 3);
  std::vector<float> rounded = values;
  RoundTo(Wire::kFloat16, Elements::Of(std::span(rounded)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double largest = LargestOf(values, i / kWireBlock * kWireBlock);
    double scale = 0x1p-126;
    while (65504 * scale < largest) scale *= 2;
    ASSERT_EQ(rounded[i], NearestFloat16(values[i] / scale) * scale) << i << ": " << values[i];
    ASSERT_EQ(std::signbit(rounded[i]), std::signbit(values[i])) << i;
  }
}

TEST(Wire, Bfloat16IsTheNearest) {
  const std::vector<float> values = Numbers(5003, 4);
  std::vector<float> rounded = values;
  RoundTo(Wire::kBfloat16, Elements::Of(std::span(rounded)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int exponent = values[i] == 0 ? 0 : std::max(std::ilogb(values[i]), -126) - 7;
    ASSERT_EQ(rounded[i], std::ldexp(std::nearbyint(std::ldexp(values[i], -exponent)), exponent)) << i;
    ASSERT_EQ(std::signbit(rounded[i]), std::signbit(values[i])) << i;
  }
  std::vector<float> ties = {0x1.01p0F, 0x1.03p0F, std::numeric_limits<float>::max()};
  RoundTo(Wire::kBfloat16, Elements::Of(std::span(ties)));
  EXPECT_EQ(ties, (std::vector<float>{1.0F, 0x1.04p0F, kInf}));
}

TEST(Wire, TheLargestMagnitudeDecidesTheScale) {
  for (const float largest : {127.0F, 127.5F, 0x1.FCp127F, 0x1p-126F, 0x1p-149F, 65504.0F, 65505.0F}) {
    std::vector<float> values = {largest, -largest, largest / 2};
    RoundTo(Wire::kFloat16, Elements::Of(std::span(values)));
    EXPECT_NEAR(values[0], largest, largest / 1024) << largest;
    EXPECT_EQ(values[0], -values[1]);
    values = {largest, -largest, largest / 2};
    RoundTo(Wire::kInt8, Elements::Of(std::span(values)));
    EXPECT_NEAR(values[0], largest, largest < 0x1p-120F ? 0x1p-127F : largest / 127) << largest;
    EXPECT_EQ(values[0], -values[1]);
  }
}

TEST(Wire, WhatIsNotFiniteStaysSo) {
  for (const Wire wire : kWires) {
    for (const float bad : {kInf, -kInf, std::numeric_limits<float>::quiet_NaN()}) {
      std::vector<float> values = Numbers(600, 5);
      values[299] = 3;
      std::vector<float> expected = values;
      expected[300] = 0;  // what the others are rounded to does not depend on it
      RoundTo(wire, Elements::Of(std::span(expected)));
      values[300] = bad;
      RoundTo(wire, Elements::Of(std::span(values)));
      const std::vector<float> travelled = Travel(values, {.wire = wire}).values;
      EXPECT_FALSE(std::isfinite(travelled[300]));
      if (wire != Wire::kInt8 && std::isinf(bad)) {
        EXPECT_EQ(travelled[300], bad);
      }
      EXPECT_EQ(Bits(travelled), Bits(values));
      values[300] = expected[300];
      EXPECT_EQ(Bits(values), Bits(expected));
    }
  }
}

// The nearest multiple of the scale is 2^128.
TEST(Wire, WhatRoundsBeyondFloat32IsNotFinite) {
  for (const Wire wire : {Wire::kFloat16, Wire::kBfloat16, Wire::kInt8}) {
    std::vector<float> values = {1, std::numeric_limits<float>::max(), 0x1p127F};
    RoundTo(wire, Elements::Of(std::span(values)));
    EXPECT_FALSE(std::isfinite(values[1]));
    EXPECT_EQ(values[2], 0x1p127F);
    EXPECT_EQ(Bits(Travel(values, {.wire = wire}).values), Bits(values));
  }
}

TEST(Wire, SparseIfShorter) {
  std::vector<float> values(1001);
  for (std::size_t nonzeros = 0; nonzeros < 499; ++nonzeros) values[2 * nonzeros] = -0.0F;
  values[1000] = 5;
  Travelled travelled = Travel(values, {});  // 500 non-zeros: 4 + 8 * 500 = 4004 bytes, as the dense form
  EXPECT_EQ(travelled.type, ElementType::kFloat32);
  EXPECT_EQ(travelled.bytes, 4004U);
  values[0] = 0;
  travelled = Travel(values, {});
  EXPECT_EQ(travelled.type, ElementType::kSparseFloat32);
  EXPECT_EQ(travelled.bytes, 3996U);
  EXPECT_EQ(Bits(travelled.values), Bits(values));
  EXPECT_EQ(Travel(values, {.sparse = false}).type, ElementType::kFloat32);
  EXPECT_EQ(Travel(std::vector<float>(5003), {}).bytes, 4U);
}

TEST(Wire, Float64AndBytesStay) {
  std::vector<double> values = {1, 0, 0, 0, 0, 1e-300};
  const Elements elements = Elements::Of(std::span(values));
  RoundTo(Wire::kInt8, elements);
  Bytes out;
  EXPECT_EQ(Encode(elements, {.wire = Wire::kInt8}, out), ElementType::kFloat64);
  EXPECT_TRUE(std::ranges::equal(out, elements.bytes));
  EXPECT_TRUE(MayTravelAs(ElementType::kFloat64, {.wire = Wire::kInt8}, ElementType::kFloat64));
  EXPECT_FALSE(MayTravelAs(ElementType::kFloat64, {.wire = Wire::kInt8}, ElementType::kInt8));
  std::vector<double> decoded(6);
  Decode({ElementType::kFloat64, out, 6}, Elements::Of(std::span(decoded)));
  EXPECT_EQ(decoded, values);

  const Elements text{ElementType::kByte, out};
  Bytes copy;
  EXPECT_EQ(Encode(text, {}, copy), ElementType::kByte);
  EXPECT_EQ(copy, out);
}

TEST(Wire, DecodesInSteps) {
  for (const Wire wire : kWires) {
    for (const double density : {1.0, 0.2}) {
      std::vector<float> values = Numbers(2000, 6, density);
      RoundTo(wire, Elements::Of(std::span(values)));
      Bytes out;
      const ElementType type = Encode(Elements::Of(std::span(values)), {.wire = wire}, out);
      std::vector<float> decoded(2000, 77);
      Decoder decoder({type, out, values.size()});
      const Elements all = Elements::Of(std::span(decoded));
      for (std::size_t at = 0; at < 2000; at += 768) decoder.Next(all.Slice(at, std::min<std::size_t>(768, 2000 - at)));
      EXPECT_EQ(Bits(decoded), Bits(values)) << static_cast<int>(wire);
    }
  }
}

std::string WhatIsWrong(ElementType type, ByteSpan bytes, std::size_t elements) {
  const Result<std::size_t> checked = CheckEncoded(type, bytes, elements);
  return checked.ok() ? "nothing" : checked.error().message;
}

Bytes Words(const std::vector<std::uint32_t>& words) { return ToBytes(std::as_bytes(std::span(words))); }

TEST(Wire, RefusesByName) {
  const Bytes bytes(1027);
  EXPECT_EQ(WhatIsWrong(ElementType::kFloat32, bytes, 256), "nothing");
  EXPECT_EQ(WhatIsWrong(ElementType::kFloat32, bytes, 257), "1027 bytes are too few for 257 elements of float32");
  EXPECT_EQ(WhatIsWrong(ElementType::kNothing, bytes, 1), "1027 bytes are too few for 1 elements of nothing");
  EXPECT_EQ(WhatIsWrong(ElementType::kBfloat16, bytes, 513), "nothing");
  EXPECT_EQ(WhatIsWrong(ElementType::kBfloat16, bytes, 514), "1027 bytes are too few for 514 elements of bfloat16");
  EXPECT_EQ(WhatIsWrong(ElementType::kInt8, bytes, 1024), "1027 bytes are too few for 1024 elements of int8");
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
  for (std::uint8_t type = 1; type < 7; ++type) EXPECT_FALSE(CheckEncoded(ElementType{type}, bytes, kMost).ok());

  EXPECT_EQ(WhatIsWrong(ElementType::kSparseFloat32, {}, 0), "0 bytes are too few for a sparse vector");
  EXPECT_EQ(WhatIsWrong(ElementType::kSparseFloat32, Words({2, 0, 1, 5}), 9),
            "16 bytes are too few for 2 indices and values");
  EXPECT_EQ(WhatIsWrong(ElementType::kSparseFloat32, Words({2, 3, 3, 5, 5}), 9), "index 3 after index 3");
  EXPECT_EQ(WhatIsWrong(ElementType::kSparseFloat32, Words({2, 3, 9, 5, 5}), 9), "index 9 of a vector of 9 elements");
  EXPECT_EQ(WhatIsWrong(ElementType::kSparseFloat32, Words({2, 3, 8, 5, 5}), 9), "nothing");
}

TEST(Wire, RefusesScalesThatAreNone) {
  Bytes two_blocks(NarrowBytes(ElementType::kFloat16, 300));
  std::memset(two_blocks.data(), 0, two_blocks.size());
  for (const float scale : {0.0F, -1.0F, 3.0F, 0x1p-127F, kInf}) {
    const float one = 1;
    std::memcpy(two_blocks.data(), &one, 4);
    std::memcpy(&two_blocks[516], &scale, 4);
    EXPECT_TRUE(WhatIsWrong(ElementType::kFloat16, two_blocks, 300).starts_with("scale of block 1 is ")) << scale;
    EXPECT_EQ(WhatIsWrong(ElementType::kFloat16, two_blocks, 256), "nothing");
  }
}

}  // namespace
}  // namespace lambdaml
