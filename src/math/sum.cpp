// SPDX-License-Identifier: Apache-2.0
#include "math/sum.h"

#include <array>
#include <cassert>
#include <cstring>

namespace lambdaml {

namespace {

// Adds Count elements by way of local arrays: compilers turn this into unaligned vector loads, and need no promise that
// `out` is apart from the others.
template <class T, std::size_t Count>
void SumStep(const std::byte* left, const std::byte* right, std::byte* out) {
  std::array<T, Count> a;
  std::array<T, Count> b;
  std::memcpy(a.data(), left, sizeof(a));
  std::memcpy(b.data(), right, sizeof(b));
  for (std::size_t i = 0; i < Count; ++i) a[i] += b[i];
  std::memcpy(out, a.data(), sizeof(a));
}

}  // namespace

template <class T>
void Sum(ByteSpan left, ByteSpan right, std::span<std::byte> out) {
  assert(left.size() == out.size() && right.size() == out.size() && out.size() % sizeof(T) == 0);
  constexpr std::size_t kStep = 64 / sizeof(T);
  std::size_t at = 0;
  for (; at + 64 <= out.size(); at += 64) SumStep<T, kStep>(&left[at], &right[at], &out[at]);
  for (; at < out.size(); at += sizeof(T)) SumStep<T, 1>(&left[at], &right[at], &out[at]);
}

template void Sum<float>(ByteSpan left, ByteSpan right, std::span<std::byte> out);
template void Sum<double>(ByteSpan left, ByteSpan right, std::span<std::byte> out);

}  // namespace lambdaml
