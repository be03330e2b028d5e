// SPDX-License-Identifier: Apache-2.0
#pragma once

// Decimal numbers out of text at parser speed, rounded correctly to float. Up to 19 digits with a power of ten between
// -22 and 22 are one multiplication or division of exact doubles (W. D. Clinger, How to Read Floating Point Numbers
// Accurately, PLDI 1990); what that leaves in doubt goes to std::from_chars. Internal to data.
//
// The text must end in a byte that belongs to no number (a line end), followed by kNumberPadding readable bytes.

#include <bit>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace lambdaml::number {

inline constexpr std::size_t kNumberPadding = 16;

inline bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

inline constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                          1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// Whether all 8 bytes of `word` are digits, and their value (D. Lemire, Number Parsing at a Gigabyte per Second, 2021).
inline bool EightDigits(std::uint64_t word) {
  return ((word & 0xF0F0F0F0F0F0F0F0U) | (((word + 0x0606060606060606U) & 0xF0F0F0F0F0F0F0F0U) >> 4U)) ==
         0x3333333333333333U;
}
inline std::uint64_t ValueOfEight(std::uint64_t word) {
  word -= 0x3030303030303030U;
  word = word * 10 + (word >> 8U);
  return (((word & 0x000000FF000000FFU) * 0x000F424000000064U) +
          (((word >> 16U) & 0x000000FF000000FFU) * 0x0000271000000001U)) >>
         32U;
}

// Appends the digits at `at` to `digits`, which wraps beyond 19 of them, and returns their end.
inline const char* ReadDigits(const char* at, std::uint64_t& digits) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  while (EightDigits(word)) {
    digits = digits * 100000000U + ValueOfEight(word);
    at += 8;
    std::memcpy(&word, at, sizeof(word));
  }
  for (; IsDigit(*at); ++at) digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
  return at;
}

inline void ReadOutOfRange(const char* at, float& number) { number = std::strtof(at, nullptr); }
inline void ReadOutOfRange(const char* at, double& number) { number = std::strtod(at, nullptr); }

// Any spelling that std::from_chars knows, and a leading '+'. Too small is zero, too large is infinite. Returns the
// end, or nullptr when it is no number. Not inlined: the fast path stays small.
template <class Number>
[[gnu::noinline]] const char* ReadSlowly(const char* at, const char* end, Number& number) {
  if (*at == '+' && at[1] != '-') ++at;
  const auto [stop, status] = std::from_chars(at, end, number);
  if (status == std::errc::result_out_of_range) ReadOutOfRange(at, number);
  return status == std::errc::invalid_argument ? nullptr : stop;
}

// Whether rounding `value`, known to within a few units of its last place, to float is beyond doubt.
inline bool RoundsSafely(double value) {
  const std::uint64_t below_float = std::bit_cast<std::uint64_t>(value) & 0x1FFFFFFFU;  // bits a float does not have
  return below_float - (0x10000000U - 8) > 16;  // unsigned: not within 8 of the midpoint
}

// The number at `at`, and its end; nullptr when there is none. NaN and infinities are read as such: the caller decides.
// `end` bounds the text.
inline const char* ReadFloat(const char* at, const char* end, float& number) {
  const char* const start = at;
  const bool negative = *at == '-';
  at += static_cast<int>(negative || *at == '+');
  std::uint64_t digits = 0;
  const char* const integer = at;
  at = ReadDigits(at, digits);
  auto count = at - integer;
  std::int64_t exponent = 0;
  if (*at == '.') {
    const char* const fraction = ++at;
    at = ReadDigits(at, digits);
    exponent = fraction - at;
    count += at - fraction;
  }
  if ((*at | 0x20) == 'e' && count > 0) {
    const bool down = at[1] == '-';
    const char* digit = at + 1 + static_cast<int>(down || at[1] == '+');
    if (!IsDigit(*digit)) return at;  // the number ends before a letter that belongs to no number
    std::int64_t power = 0;
    for (; IsDigit(*digit); ++digit) power = power < 100000 ? power * 10 + (*digit - '0') : power;
    exponent += down ? -power : power;
    at = digit;
  }
  const auto shift = static_cast<std::uint64_t>(exponent < 0 ? -exponent : exponent);
  if (count == 0 || count > 19 || shift > 22) return ReadSlowly(start, end, number);
  auto value = static_cast<double>(digits);
  value = exponent < 0 ? value / kPowersOfTen[shift] : value * kPowersOfTen[shift];
  if (!RoundsSafely(value)) return ReadSlowly(start, end, number);
  number = static_cast<float>(negative ? -value : value);
  return at;
}

// As ReadFloat, to a double.
inline const char* ReadDouble(const char* at, const char* end, double& number) { return ReadSlowly(at, end, number); }

}  // namespace lambdaml::number
