// SPDX-License-Identifier: Apache-2.0
#include "data/libsvm/libsvm_format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/text.h"
#include "data/number.h"

namespace lambdaml::libsvm {

namespace {

using number::IsDigit;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool EndsToken(char c) { return IsBlank(c) || c == '\n' || c == '#'; }

// The text up to the next blank, for messages.
std::string Token(const char* at) {
  constexpr std::ptrdiff_t kShown = 40;
  const char* end = at;
  while (end - at < kShown && !EndsToken(*end)) ++end;
  return {at, end};
}

const char* LineEnd(const char* at, const char* end) {
  return static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
}

// Where the entries go; both arrays have room for one of each four bytes of text, the least that an entry takes.
struct Entries {
  std::uint32_t* index;
  float* value;
};

std::string EntryFault(const char* at, const char* end) {
  const std::string token = Token(at);
  const char* const colon = static_cast<const char*>(std::memchr(at, ':', token.size()));
  if (colon == nullptr || colon == at) return StrCat("'", token, "' is not index:value");
  if (!std::all_of(at, colon, IsDigit)) return StrCat("'", token, "' does not begin with a whole-number index");
  if (colon - at > 9) return StrCat("the index of '", token, "' is larger than 4294967294");
  float value = 0;
  const char* const stop = number::ReadFloat(colon + 1, end, value);
  if (stop == nullptr || !EndsToken(*stop)) return StrCat("the value of '", token, "' is not a number");
  if (!std::isfinite(value)) return StrCat("the value of '", token, "' is not finite");
  return StrCat("'", token, "': the indices of a row must ascend");
}

// Reads one "index:value" and moves `at` behind it; false when there is something else. `previous` is the row's last
// index, -1 at first.
inline bool ReadEntry(const char*& at, const char* end, std::int64_t& previous, Entries& out) {
  const char* from = at;
  std::uint64_t index = 0;
  for (; IsDigit(*from); ++from) index = index * 10 + static_cast<std::uint64_t>(*from - '0');
  if (*from != ':' || from == at || from - at > 10 || index >= kColumnsMax) return false;
  if (static_cast<std::int64_t>(index) <= previous) return false;
  const char* const stop = number::ReadFloat(from + 1, end, *out.value);
  if (stop == nullptr || !EndsToken(*stop) || !std::isfinite(*out.value)) return false;
  previous = static_cast<std::int64_t>(index);
  *out.index++ = static_cast<std::uint32_t>(index);
  ++out.value;
  at = stop;
  return true;
}

// Reads the entries of a row up to the end of its line, which it returns; at a fault, where that stands, in `fault`.
inline const char* ReadEntries(const char* at, const char* end, Entries& out, const char*& fault) {
  std::int64_t previous = -1;
  Entries local = out;
  while (true) {
    while (IsBlank(*at)) ++at;
    if (*at == '\n') break;
    if (IsDigit(*at) && ReadEntry(at, end, previous, local)) continue;
    if (*at == '#') {
      at = LineEnd(at, end);
    } else if (std::memcmp(at, "qid:", 4) == 0) {
      while (!EndsToken(*at)) ++at;
    } else {
      fault = at;
      break;
    }
  }
  out = local;
  return at;
}

// A label of a class is short: a sign and a few digits.
const char* ReadLabel(const char* at, const char* end, double& label) {
  const char* from = at + static_cast<int>(*at == '-' || *at == '+');
  if (IsDigit(*from) && EndsToken(from[1])) {
    label = *at == '-' ? -(*from - '0') : *from - '0';
    return from + 1;
  }
  const char* const stop = number::ReadDouble(at, end, label);
  return stop != nullptr && EndsToken(*stop) && std::isfinite(label) ? stop : nullptr;
}

}  // namespace

ParsedText Parse(std::string_view text) {
  ParsedText parsed;
  RowBlock& rows = parsed.rows;
  rows.sparse = true;
  rows.index.resize(text.size() / 4 + 1);
  rows.values.resize(text.size() / 4 + 1);
  Entries out{rows.index.data(), rows.values.data()};
  const char* const end = text.data() + text.size();
  const char* at = text.data();
  for (; at != end; ++at, ++parsed.lines) {
    while (IsBlank(*at)) ++at;
    if (*at == '#') at = LineEnd(at, end);
    if (*at == '\n') continue;
    double label = 0;
    const char* const after_label = ReadLabel(at, end, label);
    if (after_label == nullptr) {
      parsed.fault = {parsed.lines, StrCat("label '", Token(at), "' is not a finite number")};
      break;
    }
    const char* fault = nullptr;
    at = ReadEntries(after_label, end, out, fault);
    if (fault != nullptr) {
      parsed.fault = {parsed.lines, EntryFault(fault, end)};
      break;
    }
    rows.labels.push_back(label);
    rows.lines.push_back(parsed.lines);
    rows.ends.push_back(static_cast<std::uint32_t>(out.index - rows.index.data()));
  }
  rows.index.resize(static_cast<std::size_t>(out.index - rows.index.data()));
  rows.values.resize(rows.index.size());
  return parsed;
}

bool Recognise(std::string_view path, std::string_view head) {
  for (const std::string_view ending : {".libsvm", ".svm", ".svmlight"}) {
    if (path.ends_with(ending)) return true;
  }
  if (path.ends_with(".csv") || path.ends_with(".tsv")) return false;
  std::string line;
  for (const std::string_view candidate : SplitText(head, '\n')) {
    line = Trim(candidate.substr(0, candidate.find('#')));
    if (!line.empty()) break;
  }
  const std::size_t blank = line.find_first_of(" \t");
  const std::size_t colon = line.find(':');
  if (blank == std::string::npos || colon == std::string::npos || colon < blank) return false;
  return ParseDouble(line.substr(0, blank)).has_value();
}

Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions& options) {
  return std::unique_ptr<RowReader>(
      std::make_unique<TextReader>(TRY(InputFile::Open(files.rows)), Parse, options.threads));
}

}  // namespace lambdaml::libsvm
