// SPDX-License-Identifier: Apache-2.0
#pragma once

// The dense forms with fewer bits than float32, in blocks of kWireBlock elements, the last one shorter. A block of
// float16 or int8 is its scale, a float32 that is a power of two and a normal number, and the elements; a block of
// bfloat16 is the elements alone. Vectors of float32 are bytes here.

#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"
#include "comm/elements.h"

namespace lambdaml {

// Whether this is a type of this file; the functions below are only for these.
bool IsNarrow(ElementType type);

// Of so many elements.
std::size_t NarrowBytes(ElementType type, std::size_t elements);

// `out` has the NarrowBytes of `floats`.
void ToNarrow(ElementType type, ByteSpan floats, std::span<std::byte> out);

// `narrow` has the NarrowBytes of `floats`.
void FromNarrow(ElementType type, ByteSpan narrow, std::span<std::byte> floats);

// Replaces floats by what FromNarrow gives for them.
void RoundToNarrow(ElementType type, std::span<std::byte> floats);

// kInternal if the scale of a block is none. `narrow` has the NarrowBytes of the elements.
Result<void> CheckNarrow(ElementType type, ByteSpan narrow);

}  // namespace lambdaml
