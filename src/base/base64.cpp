// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <cstdint>

#include "base/text.h"

namespace lambdaml {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string ToBase64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = (bits << 8U) | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) text += i <= group.size() ? kAlphabet[(bits >> (18U - 6U * i)) & 63U] : '=';
  }
  return text;
}

Result<std::string> FromBase64(std::string_view text) {
  if (text.size() % 4 != 0)
    return Error{Code::kInvalid, StrCat("base64: ", text.size(), " characters, not a multiple of 4")};
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return Error{Code::kInvalid, "base64: a character outside of the alphabet"};
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>((bits >> held) & 255U);
  }
  if ((bits & ((1U << held) - 1U)) != 0) return Error{Code::kInvalid, "base64: bits are set behind the end"};
  return bytes;
}

}  // namespace lambdaml
