// SPDX-License-Identifier: Apache-2.0
#include "comm/wire_sparse.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>

#include "base/text.h"
#include "math/kernels.h"

namespace lambdaml {

namespace {

constexpr std::size_t kWord = sizeof(std::uint32_t);
constexpr std::size_t kElementsMax = std::numeric_limits<std::uint32_t>::max();

std::uint32_t WordAt(const std::byte* at) {
  std::uint32_t word = 0;
  std::memcpy(&word, at, kWord);
  return word;
}

void SetWord(std::byte* at, std::uint32_t word) { std::memcpy(at, &word, kWord); }

// A sparse vector in its parts.
struct Parts {
  explicit Parts(ByteSpan sparse)
      : nonzeros(WordAt(sparse.data())), indices(sparse.data() + kWord), values(indices + kWord * nonzeros) {}

  std::uint32_t IndexAt(std::size_t nonzero) const { return WordAt(indices + kWord * nonzero); }

  std::size_t nonzeros;
  const std::byte* indices;
  const std::byte* values;
};

Error OutOfOrder(const Parts& parts, std::size_t elements) {
  for (std::size_t i = 0; i < parts.nonzeros; ++i) {
    if (parts.IndexAt(i) >= elements) {
      return {Code::kInternal, StrCat("index ", parts.IndexAt(i), " of a vector of ", elements, " elements")};
    }
    if (i > 0 && parts.IndexAt(i) <= parts.IndexAt(i - 1)) {
      return {Code::kInternal, StrCat("index ", parts.IndexAt(i), " after index ", parts.IndexAt(i - 1))};
    }
  }
  return {Code::kInternal, "indices out of order"};
}

}  // namespace

std::optional<std::uint32_t> NonzerosIfShorter(ByteSpan floats) {
  constexpr std::size_t kStep = 4096;
  const auto count = math::BestKernels().transfer.count_nonzero;
  const std::size_t elements = floats.size() / kWord;
  if (elements < 2 || elements > kElementsMax) return std::nullopt;
  const std::size_t most = (elements - 2) / 2;
  std::size_t nonzeros = 0;
  for (std::size_t i = 0; i < elements; i += kStep) {
    nonzeros += count(&floats[kWord * i], std::min(kStep, elements - i));
    if (nonzeros > most) return std::nullopt;
  }
  return static_cast<std::uint32_t>(nonzeros);
}

std::size_t SparseBytes(std::size_t nonzeros) { return kWord + 2 * kWord * nonzeros; }

void ToSparse(ByteSpan floats, std::uint32_t nonzeros, std::span<std::byte> out) {
  assert(out.size() == SparseBytes(nonzeros));
  SetWord(out.data(), nonzeros);
  std::byte* const indices = out.data() + kWord;
  std::byte* const values = indices + kWord * nonzeros;
  if (nonzeros == 0) return;
  // Before the values: the first of them is the room that the indices need.
  math::BestKernels().transfer.nonzero_indices(floats.data(), floats.size() / kWord, indices);
  for (std::size_t i = 0; i < nonzeros; ++i) {
    std::memcpy(values + kWord * i, &floats[kWord * WordAt(indices + kWord * i)], kWord);
  }
}

Result<std::size_t> CheckSparse(ByteSpan bytes, std::size_t elements) {
  if (bytes.size() < kWord)
    return Error{Code::kInternal, StrCat(bytes.size(), " bytes are too few for a sparse vector")};
  const std::size_t nonzeros = WordAt(bytes.data());
  if (nonzeros > (bytes.size() - kWord) / (2 * kWord)) {
    return Error{Code::kInternal, StrCat(bytes.size(), " bytes are too few for ", nonzeros, " indices and values")};
  }
  const Parts parts(bytes);
  bool ascending = nonzeros == 0 || parts.IndexAt(nonzeros - 1) < elements;
  for (std::size_t i = 1; i < nonzeros; ++i) ascending &= parts.IndexAt(i - 1) < parts.IndexAt(i);
  if (!ascending) return OutOfOrder(parts, elements);
  return SparseBytes(nonzeros);
}

SparsePosition FromSparse(ByteSpan sparse, const SparsePosition& from, std::span<std::byte> floats) {
  const Parts parts(sparse);
  const std::size_t end = from.element + floats.size() / kWord;
  std::ranges::fill(floats, std::byte{0});
  std::size_t at = from.nonzeros;
  for (; at < parts.nonzeros; ++at) {
    const std::size_t index = parts.IndexAt(at);
    if (index >= end) break;
    std::memcpy(&floats[kWord * (index - from.element)], parts.values + kWord * at, kWord);
  }
  return {.element = end, .nonzeros = at};
}

}  // namespace lambdaml
