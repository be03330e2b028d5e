// SPDX-License-Identifier: Apache-2.0
#pragma once

// The bytes of one part of a checkpoint: a header of 48 bytes that says which part it is, and the state
// (docs/formats/coordination.md).

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace lambdaml {

inline constexpr std::int64_t kSharedPart = -1;  // else the rank
inline constexpr std::size_t kPartHeaderBytes = 48;

struct PartName {
  std::int64_t number = 0;   // of the checkpoint
  std::int64_t restart = 0;  // likewise
  std::int64_t part = kSharedPart;
};

Bytes EncodePart(const PartName& name, ByteSpan state);

// The state, whose owner is the value's. kInvalid names the first field that differs from what was expected.
Result<Blob> DecodePart(const PartName& expected, const Blob& value);

}  // namespace lambdaml
