// SPDX-License-Identifier: Apache-2.0
#pragma once

// CRC-32C (Castagnoli, RFC 3720 appendix B.4): by the processor's instructions where there are some, else by table.

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace lambdaml {

// Of `bytes`, continuing from `crc`, which is 0 at the start: Crc32c(b, Crc32c(a)) is the checksum of a then b.
std::uint32_t Crc32c(ByteSpan bytes, std::uint32_t crc = 0);

namespace crc {

// Takes the complement of a checksum so far to that after more bytes.
using Engine = std::uint32_t (*)(ByteSpan bytes, std::uint32_t complement);

// Those that this processor can run, the fastest last. All compute the same.
std::span<const Engine> Engines();

}  // namespace crc

}  // namespace lambdaml
