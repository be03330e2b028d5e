// SPDX-License-Identifier: Apache-2.0
#include "comm/canonical_sum.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include "math/sum.h"

namespace lambdaml {

namespace {

// Long enough for the processor to prefetch, short enough for one block per level of the tree to stay in the cache.
constexpr std::size_t kBlockBytes = std::size_t{8} << 10U;

using SumKernel = void (*)(ByteSpan left, ByteSpan right, std::span<std::byte> out);

SumKernel KernelOf(ElementType type) { return type == ElementType::kFloat64 ? Sum<double> : Sum<float>; }

// The same block of every rank's vector. `scratch` has a block for each level of the tree.
class BlockTree {
 public:
  BlockTree(std::span<const ByteSpan> by_rank, SumKernel kernel)
      : by_rank_(by_rank), kernel_(kernel), scratch_(kBlockBytes * std::bit_width(by_rank.size())) {}

  void SumBlock(std::size_t offset, std::span<std::byte> out) {
    offset_ = offset;
    bytes_ = out.size();
    const std::size_t left = LeftRanks(by_rank_.size());
    const ByteSpan left_sum = SumOf(0, left, 0);
    const ByteSpan right_sum = SumOf(left, by_rank_.size() - left, 1);
    kernel_(left_sum, right_sum, out);  // the one write to `out`, which may be an input, after all inputs are read
  }

 private:
  // The sum of `ranks` ranks from `first` on, in a scratch block of `level` or above.
  ByteSpan SumOf(std::size_t first, std::size_t ranks, std::size_t level) {
    if (ranks == 1) return by_rank_[first].subspan(offset_, bytes_);
    const std::size_t left = LeftRanks(ranks);
    const std::span<std::byte> sum = std::span(scratch_).subspan(level * kBlockBytes, bytes_);
    const ByteSpan left_sum = SumOf(first, left, level);  // first: it uses the blocks of the levels above, too
    const ByteSpan right_sum = SumOf(first + left, ranks - left, level + 1);
    kernel_(left_sum, right_sum, sum);
    return sum;
  }

  std::span<const ByteSpan> by_rank_;
  SumKernel kernel_;
  Bytes scratch_;
  std::size_t offset_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

void CanonicalSum(std::span<const ByteSpan> by_rank, Elements out) {
  assert(!by_rank.empty());
  assert(std::ranges::all_of(by_rank, [&](ByteSpan part) { return part.size() == out.bytes.size(); }));
  if (out.bytes.empty()) return;
  if (by_rank.size() == 1) {
    std::memmove(out.bytes.data(), by_rank[0].data(), out.bytes.size());
    return;
  }
  BlockTree tree(by_rank, KernelOf(out.type));
  for (std::size_t offset = 0; offset < out.bytes.size(); offset += kBlockBytes) {
    tree.SumBlock(offset, out.bytes.subspan(offset, std::min(kBlockBytes, out.bytes.size() - offset)));
  }
}

}  // namespace lambdaml
