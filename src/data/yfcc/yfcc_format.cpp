// SPDX-License-Identifier: Apache-2.0
#include "data/yfcc/yfcc_format.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "base/text.h"
#include "data/number.h"

namespace lambdaml::yfcc {

namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool EndsToken(char c) { return IsBlank(c) || c == '\n'; }

std::string_view Token(const char* at) {
  const char* end = at;
  while (!EndsToken(*end)) ++end;
  return {at, static_cast<std::size_t>(end - at)};
}

struct Tags {
  bool positive = false;
  std::string_view wrong;  // the first that is not tag:score
};

Tags ReadTags(std::string_view list, std::string_view positive) {
  Tags tags;
  while (!list.empty()) {
    const std::string_view tag = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), tag.size() + 1));
    const std::size_t colon = tag.rfind(':');
    const bool scored = colon != std::string_view::npos && colon > 0 && ParseDouble(tag.substr(colon + 1));
    if (!scored && tags.wrong.empty()) tags.wrong = tag.empty() ? std::string_view(",") : tag;
    if (scored && tag.substr(0, colon) == positive) tags.positive = true;
  }
  return tags;
}

class Parser {
 public:
  Parser(std::string_view positive, std::size_t columns, std::string_view text)
      : positive_(positive), columns_(columns), at_(text.data()), end_(text.data() + text.size()) {
    parsed_.rows.columns = columns;
    parsed_.rows.values.resize(text.size() / 2 + 1);  // a number and its blank take two bytes
    value_ = parsed_.rows.values.data();
  }

  ParsedText Run() {
    for (; at_ != end_; ++at_, ++parsed_.lines) {
      while (IsBlank(*at_)) ++at_;
      if (*at_ == '#') at_ = static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
      if (*at_ == '\n') continue;
      if (!ReadRow()) break;
    }
    parsed_.rows.values.resize(parsed_.rows.labels.size() * columns_);
    parsed_.rows.names = {"0", "1"};  // both are classes, whichever is there
    return std::move(parsed_);
  }

 private:
  // Leaves at_ at the line's end.
  bool ReadRow() {
    Tags tags;
    const std::string_view first = Token(at_);
    if (first.find(':') != std::string_view::npos) {
      tags = ReadTags(first, positive_);
      if (!tags.wrong.empty()) return Fault(StrCat("'", Shown(tags.wrong), "' is not tag:score"));
      at_ += first.size();
    }
    std::size_t count = 0;
    for (; SkipBlanks(); ++count) {
      if (count == columns_)
        return Fault(StrCat("the row has more than ", columns_, " values, the first row's number"));
      const char* const stop = number::ReadFloat(at_, end_, *value_);
      if (stop == nullptr || !EndsToken(*stop)) return Wrong(count, "is not a number");
      if (!std::isfinite(*value_)) return Wrong(count, "is not finite");
      ++value_;
      at_ = stop;
    }
    if (count < columns_) return Fault(StrCat("the row has ", count, " values, the first row has ", columns_));
    parsed_.rows.labels.push_back(tags.positive ? 1 : 0);
    parsed_.rows.lines.push_back(parsed_.lines);
    return true;
  }

  // False at the line's end.
  bool SkipBlanks() {
    while (IsBlank(*at_)) ++at_;
    return *at_ != '\n';
  }

  bool Wrong(std::size_t count, std::string_view what) {
    return Fault(StrCat("value ", count + 1, " '", Shown(Token(at_)), "' ", what));
  }

  bool Fault(std::string what) {
    parsed_.fault = {parsed_.lines, std::move(what)};
    return false;
  }

  std::string_view positive_;
  std::size_t columns_;
  const char* at_;
  const char* end_;
  float* value_ = nullptr;
  ParsedText parsed_;
};

// The values of a line, without its tags.
std::size_t CountValues(std::string_view line) {
  std::size_t count = 0;
  bool first = true;
  for (std::size_t at = line.find_first_not_of(" \t"); at != std::string_view::npos;) {
    const std::size_t end = std::min(line.size(), line.find_first_of(" \t", at));
    const bool tags = first && line.substr(at, end - at).find(':') != std::string_view::npos;
    count += tags ? 0 : 1;
    first = false;
    at = line.find_first_not_of(" \t", end);
  }
  return count;
}

}  // namespace

ParsedText Parse(std::string_view positive, std::size_t columns, std::string_view text) {
  return Parser(positive, columns, text).Run();
}

bool Recognise(std::string_view path, std::string_view head) {
  if (path.ends_with(".csv") || path.ends_with(".tsv")) return false;
  const std::string_view line = Trim(head.substr(0, head.find('\n')));
  const std::size_t blank = std::min(line.size(), line.find_first_of(" \t"));
  const std::string_view tags = line.substr(0, blank);
  const std::string_view value = Trim(line.substr(blank));
  if (tags.find(':') == std::string_view::npos || !ReadTags(tags, "").wrong.empty()) return false;
  return ParseDouble(value.substr(0, value.find_first_of(" \t"))).has_value();
}

Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions& options) {
  if (options.positive.empty()) {
    return Error{Code::kInvalid, StrCat(files.rows, ": give positive, the tag whose rows are class 1")};
  }
  const auto columns = std::make_shared<std::size_t>(0);
  auto reader = std::make_unique<TextReader>(
      TRY(InputFile::Open(files.rows)),
      [columns, positive = options.positive](std::string_view text) { return Parse(positive, *columns, text); },
      options.threads);
  *columns = CountValues(TRY(reader->FirstRecord()));
  if (*columns == 0) return Error{Code::kInvalid, StrCat(files.rows, ": its first row has no values")};
  return std::unique_ptr<RowReader>(std::move(reader));
}

}  // namespace lambdaml::yfcc
