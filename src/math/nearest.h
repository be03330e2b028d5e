// SPDX-License-Identifier: Apache-2.0
#pragma once

// The inner loops of clustering. Part of the table of kernels.h, so there is one for each instruction set.
//
// The nearest of some centres is found without distances: |x - c|^2 is least where  c.x - |c|^2 / 2  is largest. So a
// centre is its values and a height, -|c|^2 / 2, and each row asks for the centre with the largest  c.x + height,  the
// first of equal ones. Centres that are equal have equal bits in all that is computed of them.

#include <cstddef>
#include <cstdint>

namespace lambdaml::math {

// Most rows of a call.
inline constexpr std::size_t kNearestRows = 64;

struct Centres {
  const float* values = nullptr;   // count x columns, row-major
  const float* heights = nullptr;  // count
  std::size_t count = 0;           // at least 1, below 2^31
  std::size_t columns = 0;
};

// Rows of `columns` values, by reference.
struct DenseRowBlock {
  const float* const* rows = nullptr;
  const float* const* next_rows = nullptr;  // `count` rows that are used soon: they are fetched into the cache; or null
  std::size_t count = 0;                    // 1 to kNearestRows
  std::size_t columns = 0;
};

// The non-zeros of rows.
struct SparseRowBlock {
  const std::uint32_t* const* index = nullptr;
  const float* const* value = nullptr;
  const std::uint32_t* size = nullptr;  // of each row
  std::size_t count = 0;                // 1 to kNearestRows
};

struct NearestKernels {
  // Packed centres lie column by column, the heights first: for dense rows in panels of as many centres as a tile of
  // registers takes, for sparse rows all in one. Aligned to 64 bytes, both are faster.
  std::size_t (*packed_size)(const Centres& centres);
  void (*pack_for_dense)(const Centres& centres, float* packed);
  void (*pack_for_sparse)(const Centres& centres, float* packed);

  // The number of the best of `count` packed centres for each row.
  void (*dense)(const DenseRowBlock& rows, const float* packed, std::size_t count, std::uint32_t* numbers);
  void (*sparse)(const SparseRowBlock& rows, const float* packed, std::size_t count, std::uint32_t* numbers);

  // For each row x with centre c = centres[number]: its |x - c|^2 and, unless `sums` is null, sum_of_c += x - c. Sums
  // have a form of their own, of sums_size(columns) values for each centre.
  std::size_t (*sums_size)(std::size_t columns);
  void (*add_differences)(const DenseRowBlock& rows, const float* centres, const std::uint32_t* numbers, float* sums,
                          float* distances);
  void (*flush_sums)(float* sums, std::size_t count, std::size_t columns, float* offsets);  // adds them and clears them
};

}  // namespace lambdaml::math
