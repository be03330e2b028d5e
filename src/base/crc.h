// SPDX-License-Identifier: Apache-2.0
#pragma once

// CRC-32C (Castagnoli, RFC 3720 appendix B.4): by the processor's instruction where there is one, else by table.

#include <cstdint>

#include "base/bytes.h"

namespace lambdaml {

// Of `bytes`, continuing from `crc`, which is 0 at the start: Crc32c(b, Crc32c(a)) is the checksum of a then b.
std::uint32_t Crc32c(ByteSpan bytes, std::uint32_t crc = 0);

}  // namespace lambdaml
