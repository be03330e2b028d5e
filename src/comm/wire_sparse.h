// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sparse form of a vector of float32: the number of its non-zeros, their indices in ascending order (all of 32
// bits) and their values. A non-zero is every element that is not +0.0 by its bits, so nothing is lost.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace lambdaml {

// The number of non-zeros if the sparse form is shorter than the elements themselves. Stops as soon as it cannot be.
std::optional<std::uint32_t> NonzerosIfShorter(ByteSpan floats);

std::size_t SparseBytes(std::size_t nonzeros);

// `out` has the SparseBytes of `nonzeros`, which are those of `floats`.
void ToSparse(ByteSpan floats, std::uint32_t nonzeros, std::span<std::byte> out);

// How many of `bytes` are a sparse vector of so many elements, or kInternal.
Result<std::size_t> CheckSparse(ByteSpan bytes, std::size_t elements);

// A stretch of a vector: its first element, and how many non-zeros there are before it.
struct SparsePosition {
  std::size_t element = 0;
  std::size_t nonzeros = 0;
};

// Writes the elements from a position on; returns the position behind them.
SparsePosition FromSparse(ByteSpan sparse, const SparsePosition& from, std::span<std::byte> floats);

}  // namespace lambdaml
