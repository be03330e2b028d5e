// SPDX-License-Identifier: Apache-2.0
#include "comm/wire_narrow.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>

#include "base/text.h"
#include "comm/wire.h"
#include "math/kernels.h"

namespace lambdaml {

namespace {

using math::TransferKernels;

constexpr std::size_t kFloat = sizeof(float);
constexpr std::uint32_t kFractionBits = 23;
constexpr std::uint32_t kLargestExponent = 254;  // of a normal number, as it is written

// A type with a scale. The largest magnitude that fits is 2^exponent * (2 - fraction / 2^23) times the scale.
struct Scaled {
  std::uint32_t exponent = 0;
  std::uint32_t fraction = 0;
};

constexpr Scaled kScaledFloat16{.exponent = 15, .fraction = 1U << 13U};  // 65504
constexpr Scaled kScaledInt8{.exponent = 6, .fraction = 1U << 17U};      // 127

std::size_t ElementBytesOf(ElementType type) { return type == ElementType::kInt8 ? 1 : 2; }

std::size_t ScaleBytesOf(ElementType type) { return type == ElementType::kBfloat16 ? 0 : kFloat; }

std::size_t BlockBytes(ElementType type) { return ScaleBytesOf(type) + kWireBlock * ElementBytesOf(type); }

float PowerOfTwo(std::uint32_t written_exponent) { return std::bit_cast<float>(written_exponent << kFractionBits); }

// The exponent, as it is written, of the smallest scale with which the block fits. A magnitude that is too large for
// its own exponent carries into the next.
std::uint32_t ScaleExponent(const Scaled& scaled, ByteSpan block, const TransferKernels& kernels) {
  const std::uint32_t largest = kernels.largest_finite(block.data(), block.size() / kFloat);
  const std::uint32_t exponent = (largest + scaled.fraction - 1) >> kFractionBits;
  return exponent > scaled.exponent ? exponent - scaled.exponent : 1;
}

void ToBlock(ElementType type, ByteSpan block, std::byte* out, const TransferKernels& kernels) {
  const std::size_t count = block.size() / kFloat;
  if (type == ElementType::kBfloat16) return kernels.to_bfloat16(block.data(), count, out);
  const bool is_int8 = type == ElementType::kInt8;
  const std::uint32_t exponent = ScaleExponent(is_int8 ? kScaledInt8 : kScaledFloat16, block, kernels);
  const float scale = PowerOfTwo(exponent);
  std::memcpy(out, &scale, kFloat);
  const auto convert = is_int8 ? kernels.to_int8 : kernels.to_float16;
  convert(block.data(), count, PowerOfTwo(kLargestExponent - exponent), out + kFloat);
}

void FromBlock(ElementType type, const std::byte* in, std::span<std::byte> block, const TransferKernels& kernels) {
  const std::size_t count = block.size() / kFloat;
  if (type == ElementType::kBfloat16) return kernels.from_bfloat16(in, count, block.data());
  float scale = 0;
  std::memcpy(&scale, in, kFloat);
  const auto convert = type == ElementType::kInt8 ? kernels.from_int8 : kernels.from_float16;
  convert(in + kFloat, count, scale, block.data());
}

// Calls visit(block of floats, its number) for each block.
template <class Floats, class Visit>
void ForBlocks(Floats floats, const Visit& visit) {
  constexpr std::size_t kBytes = kWireBlock * kFloat;
  for (std::size_t number = 0; number * kBytes < floats.size(); ++number) {
    const std::size_t at = number * kBytes;
    visit(floats.subspan(at, std::min(kBytes, floats.size() - at)), number);
  }
}

}  // namespace

bool IsNarrow(ElementType type) {
  return type == ElementType::kFloat16 || type == ElementType::kBfloat16 || type == ElementType::kInt8;
}

std::size_t NarrowBytes(ElementType type, std::size_t elements) {
  const std::size_t blocks = elements / kWireBlock + (elements % kWireBlock == 0 ? 0 : 1);
  return elements * ElementBytesOf(type) + blocks * ScaleBytesOf(type);
}

void ToNarrow(ElementType type, ByteSpan floats, std::span<std::byte> out) {
  assert(out.size() == NarrowBytes(type, floats.size() / kFloat));
  const TransferKernels& kernels = math::BestKernels().transfer;
  ForBlocks(floats, [&](ByteSpan block, std::size_t number) {
    ToBlock(type, block, &out[number * BlockBytes(type)], kernels);
  });
}

void FromNarrow(ElementType type, ByteSpan narrow, std::span<std::byte> floats) {
  assert(narrow.size() == NarrowBytes(type, floats.size() / kFloat));
  const TransferKernels& kernels = math::BestKernels().transfer;
  ForBlocks(floats, [&](std::span<std::byte> block, std::size_t number) {
    FromBlock(type, &narrow[number * BlockBytes(type)], block, kernels);
  });
}

void RoundToNarrow(ElementType type, std::span<std::byte> floats) {
  const TransferKernels& kernels = math::BestKernels().transfer;
  std::array<std::byte, kFloat + 2 * kWireBlock> narrow;
  ForBlocks(floats, [&](std::span<std::byte> block, std::size_t) {
    ToBlock(type, block, narrow.data(), kernels);
    FromBlock(type, narrow.data(), block, kernels);
  });
}

Result<void> CheckNarrow(ElementType type, ByteSpan narrow) {
  if (ScaleBytesOf(type) == 0) return {};
  for (std::size_t at = 0; at < narrow.size(); at += BlockBytes(type)) {
    std::uint32_t scale = 0;
    std::memcpy(&scale, &narrow[at], kFloat);
    const std::uint32_t exponent = scale >> kFractionBits;
    if (scale == exponent << kFractionBits && exponent > 0 && exponent <= kLargestExponent) continue;
    return Error{Code::kInternal, StrCat("scale of block ", at / BlockBytes(type), " is ", std::bit_cast<float>(scale),
                                         ", expected a positive power of two")};
  }
  return {};
}

}  // namespace lambdaml
