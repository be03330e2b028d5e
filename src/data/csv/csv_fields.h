// SPDX-License-Identifier: Apache-2.0
#pragma once

// Fields and records of separated text (RFC 4180): a field that begins with a quote ends at the next single quote, may
// hold separators and line ends, and a doubled quote in it is one quote. A line that begins with '#' is no record.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lambdaml::csv {

// One field and where the next one begins: behind the separator, or at the line's end.
struct Piece {
  std::string_view text;  // without quotes and blanks around it
  const char* next = nullptr;
  bool last = false;
  bool quoted = false;
  bool broken = false;  // a quote that is not closed, or is followed by text
};

inline bool EndsField(char c, char separator) { return c == separator || c == '\n'; }

// The field at `at`, of a text that ends at `end`, behind a line end.
Piece NextPiece(const char* at, const char* end, char separator);

// The field's text with doubled quotes as one.
std::string Plain(const Piece& piece);

// All fields of a record, which ends in '\n'.
std::vector<std::string> Fields(std::string_view record, char separator);

// The bytes of `text` that are whole records; see WholeRecords of text_reader.h. Any known separator counts.
std::size_t WholeQuotedRecords(std::string_view text);

// The known separator that is there most often outside quotes, else ','.
char SeparatorOf(std::string_view record);

}  // namespace lambdaml::csv
