// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text: joining pieces, reading numbers, splitting, and what a person reads (bytes, durations, near misses).

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lambdaml {

namespace text {

// One argument of StrCat; a double is printed with the fewest digits that read back to the same value.
class Piece {
 public:
  Piece(std::string_view text) : text_(text) {}
  Piece(const std::string& text) : text_(text) {}
  Piece(const char* text) : text_(text) {}
  Piece(char) = delete;
  Piece(bool) = delete;
  Piece(int number) : Piece(static_cast<long long>(number)) {}
  Piece(long number) : Piece(static_cast<long long>(number)) {}
  Piece(long long number);
  Piece(unsigned number) : Piece(static_cast<unsigned long long>(number)) {}
  Piece(unsigned long number) : Piece(static_cast<unsigned long long>(number)) {}
  Piece(unsigned long long number);
  Piece(double number);

  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;

  std::string_view text() const { return text_; }

 private:
  char digits_[32] = {};
  std::string_view text_;
};

std::string Join(std::span<const std::string_view> pieces);

}  // namespace text

// StrCat("row ", 17, ": label ", 2.5) is "row 17: label 2.5".
template <class... Pieces>
std::string StrCat(const Pieces&... pieces) {
  return [](const auto&... piece) {
    const std::string_view views[] = {piece.text()...};
    return text::Join(views);
  }(text::Piece(pieces)...);
}

std::optional<double> ParseDouble(std::string_view text);
std::optional<std::int64_t> ParseInteger(std::string_view text);

// Whether `text` is well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF.
bool IsUtf8(std::string_view text);

std::vector<std::string_view> SplitText(std::string_view text, char separator);
std::string_view Trim(std::string_view text);
std::string JoinWith(std::string_view separator, std::span<const std::string> parts);

// The candidate nearest to `word` by edit distance, or nothing if none is near enough to be what was meant.
std::optional<std::string> Nearest(std::string_view word, std::span<const std::string> candidates);

// 1536 is "1.5 KiB"; 0.0123 s is "12.3 ms"; 1234567 is "1,234,567".
std::string HumanBytes(double bytes);
std::string HumanSeconds(double seconds);
std::string HumanCount(std::int64_t count);

// `value` with `digits` after the point.
std::string Fixed(double value, int digits);

// `number`, padded with zeros to at least `width` digits.
std::string Padded(std::uint64_t number, std::size_t width);

}  // namespace lambdaml
