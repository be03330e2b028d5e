// SPDX-License-Identifier: Apache-2.0
#include "base/crc.h"

#include <array>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace lambdaml {

namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78U;

constexpr std::array<std::uint32_t, 256> MakeTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kPolynomial : 0U);
    table[i] = crc;
  }
  return table;
}

constexpr auto kTable = MakeTable();

std::uint32_t ByTable(ByteSpan bytes, std::uint32_t crc) {
  for (const std::byte byte : bytes) crc = (crc >> 8U) ^ kTable[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU];
  return crc;
}

#if defined(__x86_64__)
// A CRC-32C and its shift over zeros are linear maps of 32 bits: the image of a number is the exclusive or of the
// images of its four bytes.
using Shift = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr std::uint32_t Apply(const Shift& shift, std::uint32_t crc) {
  return shift[0][crc & 0xFFU] ^ shift[1][(crc >> 8U) & 0xFFU] ^ shift[2][(crc >> 16U) & 0xFFU] ^ shift[3][crc >> 24U];
}

// What `bytes` zeros after a message make of its checksum; a power of two.
constexpr Shift MakeShift(std::size_t bytes) {
  std::array<std::uint32_t, 32> images{};  // of each bit, at first over one zero
  for (std::uint32_t bit = 0; bit < 32; ++bit) {
    const std::uint32_t crc = 1U << bit;
    images[bit] = (crc >> 8U) ^ kTable[crc & 0xFFU];
  }
  const auto image = [&images](std::uint32_t crc) {
    std::uint32_t sum = 0;
    for (std::uint32_t bit = 0; bit < 32; ++bit) sum ^= ((crc >> bit) & 1U) != 0 ? images[bit] : 0U;
    return sum;
  };
  for (; bytes > 1; bytes /= 2) {
    std::array<std::uint32_t, 32> twice{};
    for (std::size_t bit = 0; bit < 32; ++bit) twice[bit] = image(images[bit]);
    images = twice;
  }
  Shift shift{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    for (std::uint32_t place = 0; place < 4; ++place) shift[place][byte] = image(byte << (8U * place));
  }
  return shift;
}

std::uint64_t WordAt(const std::byte* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

// The instruction takes three cycles and one may begin in each, so three lanes of kLane bytes run side by side and are
// joined. Takes them off `bytes` as long as there are enough.
template <std::size_t kLane>
__attribute__((target("sse4.2"))) std::uint32_t ByLanes(ByteSpan& bytes, std::uint32_t crc) {
  static constexpr Shift kShift = MakeShift(kLane);
  while (bytes.size() >= 3 * kLane) {
    std::uint64_t first = crc;
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (const std::byte *at = bytes.data(), *end = at + kLane; at != end; at += sizeof(std::uint64_t)) {
      first = _mm_crc32_u64(first, WordAt(at));
      second = _mm_crc32_u64(second, WordAt(at + kLane));
      third = _mm_crc32_u64(third, WordAt(at + 2 * kLane));
    }
    crc = Apply(kShift, static_cast<std::uint32_t>(first)) ^ static_cast<std::uint32_t>(second);
    crc = Apply(kShift, crc) ^ static_cast<std::uint32_t>(third);
    bytes = bytes.subspan(3 * kLane);
  }
  return crc;
}

__attribute__((target("sse4.2"))) std::uint32_t ByInstruction(ByteSpan bytes, std::uint32_t crc) {
  crc = ByLanes<4096>(bytes, crc);
  crc = ByLanes<256>(bytes, crc);
  std::uint64_t wide = crc;
  for (; bytes.size() >= sizeof(wide); bytes = bytes.subspan(sizeof(wide))) {
    wide = _mm_crc32_u64(wide, WordAt(bytes.data()));
  }
  crc = static_cast<std::uint32_t>(wide);
  for (const std::byte byte : bytes) crc = _mm_crc32_u8(crc, std::to_integer<unsigned char>(byte));
  return crc;
}
#endif

}  // namespace

std::uint32_t Crc32c(ByteSpan bytes, std::uint32_t crc) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return ~ByInstruction(bytes, ~crc);
#endif
  return ~ByTable(bytes, ~crc);
}

}  // namespace lambdaml
