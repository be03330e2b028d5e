// SPDX-License-Identifier: Apache-2.0
#include "data/csv/csv_fields.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace lambdaml::csv {

namespace {

constexpr std::string_view kSeparators = ",;\t";

std::string_view Between(const char* begin, const char* end) { return {begin, static_cast<std::size_t>(end - begin)}; }

const char* FindByte(const char* at, const char* end, char byte) {
  return static_cast<const char*>(std::memchr(at, byte, static_cast<std::size_t>(end - at)));
}

// The quote that closes a field whose text begins at `at`; nullptr when there is none.
const char* ClosingQuote(const char* at, const char* end) {
  const char* quote = FindByte(at, end, '"');
  while (quote != nullptr && quote + 1 != end && quote[1] == '"') quote = FindByte(quote + 2, end, '"');
  return quote;
}

Piece Quoted(const char* at, const char* end, char separator) {
  const char* const begin = at + 1;
  const char* const close = ClosingQuote(begin, end);
  if (close == nullptr) {
    return {.text = Between(begin, end - 1), .next = end - 1, .last = true, .quoted = true, .broken = true};
  }
  const char* stop = close + 1;
  while (!EndsField(*stop, separator)) ++stop;
  return {.text = Between(begin, close),
          .next = stop + static_cast<int>(*stop != '\n'),
          .last = *stop == '\n',
          .quoted = true,
          .broken = !Trim(Between(close + 1, stop)).empty()};
}

// Whether the quote at `quote` begins a field of the record that begins at `record`.
bool OpensField(const char* record, const char* quote) {
  const char* content = record;
  while (content != quote && *content == ' ') ++content;
  if (*content == '#') return false;
  while (quote != record && quote[-1] == ' ') --quote;
  return quote == record || kSeparators.find(quote[-1]) != std::string_view::npos;
}

}  // namespace

Piece NextPiece(const char* at, const char* end, char separator) {
  while (*at == ' ') ++at;
  if (*at == '"') return Quoted(at, end, separator);
  const char* stop = at;
  while (!EndsField(*stop, separator)) ++stop;
  return {.text = Trim(Between(at, stop)), .next = stop + static_cast<int>(*stop != '\n'), .last = *stop == '\n'};
}

std::string Plain(const Piece& piece) {
  std::string text(piece.text);
  if (!piece.quoted) return text;
  for (std::size_t at = text.find("\"\""); at != std::string::npos; at = text.find("\"\"", at + 1)) text.erase(at, 1);
  return text;
}

std::vector<std::string> Fields(std::string_view record, char separator) {
  std::vector<std::string> fields;
  for (const char* at = record.data();;) {
    const Piece piece = NextPiece(at, record.data() + record.size(), separator);
    fields.push_back(Plain(piece));
    if (piece.last) return fields;
    at = piece.next;
  }
}

std::size_t WholeQuotedRecords(std::string_view text) {
  const char* const end = text.data() + text.size();
  const char* record = text.data();
  const char* at = text.data();  // outside quotes; only a line end that is, ends a record
  const auto pass_lines = [&record, &at](const char* until) {
    const void* const line_end = memrchr(at, '\n', static_cast<std::size_t>(until - at));
    if (line_end != nullptr) record = static_cast<const char*>(line_end) + 1;
  };
  while (const char* quote = FindByte(at, end, '"')) {
    pass_lines(quote);
    at = quote + 1;
    if (!OpensField(record, quote)) continue;
    const char* const close = ClosingQuote(quote + 1, end);
    if (close == nullptr) return static_cast<std::size_t>(record - text.data());
    at = close + 1;
  }
  pass_lines(end);
  return static_cast<std::size_t>(record - text.data());
}

char SeparatorOf(std::string_view record) {
  std::size_t count[kSeparators.size()] = {};
  bool quoted = false;
  for (const char c : record) {
    quoted = quoted != (c == '"');
    const std::size_t which = kSeparators.find(c);
    if (!quoted && which != std::string_view::npos) ++count[which];
  }
  return kSeparators[static_cast<std::size_t>(std::max_element(std::begin(count), std::end(count)) - count)];
}

}  // namespace lambdaml::csv
