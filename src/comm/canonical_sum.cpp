// SPDX-License-Identifier: Apache-2.0
#include "comm/canonical_sum.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <vector>

#include "math/kernels.h"

namespace lambdaml {

namespace {

using math::kSumVectors;

// Long enough for the processor to prefetch, short enough for a block of each of kSumVectors vectors to stay in the
// cache.
constexpr std::size_t kBlock = 2048;
static_assert(kBlock % kWireBlock == 0);

bool IsFloat64(const Encoded& vector) { return vector.type == ElementType::kFloat64; }

// The same block of every rank's vector, added in `type`, float32 or float64.
class BlockTree {
 public:
  BlockTree(std::span<const Encoded> by_rank, ElementType type)
      : by_rank_(by_rank),
        decoders_(by_rank.begin(), by_rank.end()),
        type_(type),
        kernels_(math::BestKernels().transfer),
        partial_(BlockBytes() * std::bit_width(by_rank.size())) {}

  void SumNext(Elements out) {
    elements_ = out.count();
    if (out.type == type_) {
      SumOf(0, by_rank_.size(), 0, out.bytes.data());
    } else {
      SumOf(0, by_rank_.size(), 0, partial_.data());
      kernels_.from_float64(partial_.data(), elements_, out.bytes.data());
    }
    position_ += elements_;
  }

 private:
  std::size_t BlockBytes() const { return kBlock * ElementBytes(type_); }

  // Writes the sum of `ranks` ranks from `first` on. Uses the partial sums of `level` and above; `to` may be that of
  // `level`. The one write to `to`, which may be an input, comes after all inputs are read.
  void SumOf(std::size_t first, std::size_t ranks, std::size_t level, std::byte* to) {
    if (ranks <= kSumVectors) return SumVectors(first, ranks, to);
    const std::size_t left = LeftRanks(ranks);
    std::byte* const sums[] = {&partial_[level * BlockBytes()], &partial_[(level + 1) * BlockBytes()]};
    SumOf(first, left, level, sums[0]);  // first: it uses the levels above, too
    SumOf(first + left, ranks - left, level + 1, sums[1]);
    const auto sum = type_ == ElementType::kFloat64 ? kernels_.sum_float64 : kernels_.sum_float32;
    sum(sums, 2, elements_, to);
  }

  void SumVectors(std::size_t first, std::size_t ranks, std::byte* to) {
    const auto of_ranks = by_rank_.subspan(first, ranks);
    const bool any_float64 = std::ranges::any_of(of_ranks, IsFloat64);
    std::array<const std::byte*, kSumVectors> vectors{};
    for (std::size_t i = 0; i < ranks; ++i) {
      vectors[i] = any_float64 ? Float64Of(first + i, i) : Float32Of(first + i, i);
    }
    if (any_float64) {
      kernels_.sum_float64(vectors.data(), ranks, elements_, to);
    } else if (type_ == ElementType::kFloat64) {
      kernels_.sum_widened(vectors.data(), ranks, elements_, to);
    } else {
      kernels_.sum_float32(vectors.data(), ranks, elements_, to);
    }
  }

  // One rank's block: where it lies, if it needs no decoding, else in a slot.
  const std::byte* Float32Of(std::size_t rank, std::size_t slot) {
    const Encoded& vector = by_rank_[rank];
    if (vector.type == ElementType::kFloat32) return &vector.bytes[position_ * sizeof(float)];
    const std::span<std::byte> block = std::span(float32_[slot]).first(elements_ * sizeof(float));
    decoders_[rank].Next({ElementType::kFloat32, block});
    return block.data();
  }

  const std::byte* Float64Of(std::size_t rank, std::size_t slot) {
    const Encoded& vector = by_rank_[rank];
    if (vector.type == ElementType::kFloat64) return &vector.bytes[position_ * sizeof(double)];
    kernels_.to_float64(Float32Of(rank, slot), elements_, float64_[slot].data());
    return float64_[slot].data();
  }

  template <class T>
  using Blocks = std::array<std::array<std::byte, kBlock * sizeof(T)>, kSumVectors>;

  std::span<const Encoded> by_rank_;
  std::vector<Decoder> decoders_;
  ElementType type_;
  const math::TransferKernels& kernels_;
  Bytes partial_;
  Blocks<float> float32_;
  Blocks<double> float64_;
  std::size_t position_ = 0;
  std::size_t elements_ = 0;
};

ElementType SumType(std::span<const Encoded> by_rank, Accumulate accumulate, ElementType out) {
  const bool float64 =
      accumulate == Accumulate::kFloat64 || out == ElementType::kFloat64 || std::ranges::any_of(by_rank, IsFloat64);
  return float64 ? ElementType::kFloat64 : ElementType::kFloat32;
}

}  // namespace

void CanonicalSum(std::span<const Encoded> by_rank, Accumulate accumulate, Elements out) {
  assert(!by_rank.empty());
  assert(std::ranges::all_of(by_rank, [&](const Encoded& vector) { return vector.elements == out.count(); }));
  BlockTree tree(by_rank, SumType(by_rank, accumulate, out.type));
  for (std::size_t at = 0; at < out.count(); at += kBlock) {
    tree.SumNext(out.Slice(at, std::min(kBlock, out.count() - at)));
  }
}

}  // namespace lambdaml
