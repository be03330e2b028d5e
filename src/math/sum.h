// SPDX-License-Identifier: Apache-2.0
#pragma once

// Elementwise addition of vectors that lie in byte strings: messages and mapped files, whose alignment nobody promises.

#include <cstddef>
#include <span>

#include "base/bytes.h"

namespace lambdaml {

// out[i] = left[i] + right[i] in the element type T, float or double. All three have the size of `out`, a multiple of
// sizeof(T); `out` may be `left` or `right` itself, but must not overlap them in any other way.
template <class T>
void Sum(ByteSpan left, ByteSpan right, std::span<std::byte> out);

extern template void Sum<float>(ByteSpan left, ByteSpan right, std::span<std::byte> out);
extern template void Sum<double>(ByteSpan left, ByteSpan right, std::span<std::byte> out);

}  // namespace lambdaml
