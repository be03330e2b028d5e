// SPDX-License-Identifier: Apache-2.0
#include "base/crc.h"

#include <array>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lambdaml {

namespace crc {

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

// x^n modulo the polynomial as a factor of a carry-less product; the bits of all are reversed.
constexpr std::uint64_t Power(int n) {
  std::uint32_t power = 0x80000000U;
  for (; n > 0; --n) power = (power >> 1U) ^ ((power & 1U) != 0 ? kPolynomial : 0U);
  return std::uint64_t{power} << 32U;
}

constexpr std::size_t kFold = 256;
constexpr std::size_t kFoldedBytesMin = 1024;  // from where it is faster

// Moves kFold bytes ahead by kFold bytes at a time without changing the remainder (V. Gopal and others, Fast CRC
// Computation for Generic Polynomials Using PCLMULQDQ Instruction, Intel, 2009).
__attribute__((target("sse4.2,avx512f,vpclmulqdq"))) std::uint32_t ByFolding(ByteSpan bytes, std::uint32_t crc) {
  if (bytes.size() < kFoldedBytesMin) return ByInstruction(bytes, crc);
  // A product of reversed numbers has one factor x more.
  constexpr auto kFirst = static_cast<long long>(Power(8 * kFold + 64 - 1));
  constexpr auto kSecond = static_cast<long long>(Power(8 * kFold - 1));
  const __m512i powers = _mm512_set_epi64(kSecond, kFirst, kSecond, kFirst, kSecond, kFirst, kSecond, kFirst);
  __m512i sums[4];
  for (std::size_t i = 0; i < 4; ++i) sums[i] = _mm512_loadu_si512(bytes.data() + 64 * i);
  sums[0] = _mm512_xor_si512(sums[0], _mm512_zextsi128_si512(_mm_cvtsi32_si128(static_cast<int>(crc))));
  bytes = bytes.subspan(kFold);
  for (; bytes.size() >= kFold; bytes = bytes.subspan(kFold)) {
    for (std::size_t i = 0; i < 4; ++i) {
      const __m512i first = _mm512_clmulepi64_epi128(sums[i], powers, 0x00);
      const __m512i second = _mm512_clmulepi64_epi128(sums[i], powers, 0x11);
      const __m512i next = _mm512_loadu_si512(bytes.data() + 64 * i);
      sums[i] = _mm512_ternarylogic_epi64(first, second, next, 0x96);  // the exclusive or of all three
    }
  }
  std::array<std::byte, kFold> left{};
  for (std::size_t i = 0; i < 4; ++i) _mm512_storeu_si512(left.data() + 64 * i, sums[i]);
  return ByInstruction(bytes, ByInstruction(left, 0));
}
#endif

std::vector<Engine> Usable() {
  std::vector<Engine> engines{ByTable};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2") == 0) return engines;
  engines.push_back(ByInstruction);
  if (__builtin_cpu_supports("avx512f") == 0 || __builtin_cpu_supports("vpclmulqdq") == 0) return engines;
  engines.push_back(ByFolding);
#endif
  return engines;
}

}  // namespace

std::span<const Engine> Engines() {
  static const std::vector<Engine> engines = Usable();
  return engines;
}

}  // namespace crc

std::uint32_t Crc32c(ByteSpan bytes, std::uint32_t crc) {
  static const crc::Engine fastest = crc::Engines().back();
  return ~fastest(bytes, ~crc);
}

}  // namespace lambdaml
