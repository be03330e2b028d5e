// SPDX-License-Identifier: Apache-2.0
#pragma once

// The inner loops of vectors that travel: rounding them to fewer bits and back, finding what is not zero, and adding
// many at once. Part of the table of kernels.h, so there is one for each instruction set; unlike those of learning,
// these give the same bits on all of them, but for the bits of a NaN. Vectors are bytes, because nobody promises the
// alignment of a message. `out` is apart from the input or the same memory element for element.

#include <cstddef>
#include <cstdint>

namespace lambdaml::math {

// The most vectors that are added at once.
inline constexpr std::size_t kSumVectors = 8;

// x is float32; scales are powers of two that are normal numbers, and so are their inverses.
struct TransferKernels {
  // Round to nearest, ties to even; NaN stays NaN.
  void (*to_bfloat16)(const std::byte* x, std::size_t size, std::byte* out);
  void (*from_bfloat16)(const std::byte* in, std::size_t size, std::byte* x);

  // IEEE 754 binary16 of x * inverse_scale, of which no finite one may be beyond 65504.
  void (*to_float16)(const std::byte* x, std::size_t size, float inverse_scale, std::byte* out);
  void (*from_float16)(const std::byte* in, std::size_t size, float scale, std::byte* x);

  // Integers nearest to x * inverse_scale, of which no finite one may be beyond 127; -128 is what is not finite. It
  // comes back as NaN, like what is beyond float32.
  void (*to_int8)(const std::byte* x, std::size_t size, float inverse_scale, std::byte* out);
  void (*from_int8)(const std::byte* in, std::size_t size, float scale, std::byte* x);

  void (*to_float64)(const std::byte* x, std::size_t size, std::byte* out);
  void (*from_float64)(const std::byte* in, std::size_t size, std::byte* x);

  // The bits of the largest |x| that is finite; 0 if there is none.
  std::uint32_t (*largest_finite)(const std::byte* x, std::size_t size);
  // How many are not +0.0 by their bits.
  std::size_t (*count_nonzero)(const std::byte* x, std::size_t size);
  // Writes their indices, of 32 bits, and returns their number. There must be room for one index more.
  std::size_t (*nonzero_indices)(const std::byte* x, std::size_t size, std::byte* out);

  // The sum of 1 to kSumVectors vectors, as a tree: sum(range) = sum(left part) + sum(right part), the left part one
  // vector longer if their number is odd.
  using SumKernel = void (*)(const std::byte* const* vectors, std::size_t count, std::size_t size, std::byte* out);
  SumKernel sum_float32;
  SumKernel sum_float64;
  SumKernel sum_widened;  // vectors of float32, added in float64
};

}  // namespace lambdaml::math
