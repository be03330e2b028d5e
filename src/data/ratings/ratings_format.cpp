// SPDX-License-Identifier: Apache-2.0
#include "data/ratings/ratings_format.h"

#include <array>
#include <cmath>
#include <cstring>
#include <memory>

#include "base/text.h"
#include "data/number.h"

namespace lambdaml::ratings {

namespace {

constexpr std::array<std::string_view, 5> kSeparators{"::", ",", ";", "\t", " "};

bool IsBlank(char c) { return c == ' ' || c == '\r'; }

class Parser {
 public:
  Parser(std::string_view separator, std::string_view text)
      : separator_(separator), at_(text.data()), end_(text.data() + text.size()) {
    parsed_.rows.sparse = true;
    parsed_.rows.pairs = true;
  }

  ParsedText Run() {
    for (; at_ != end_; ++at_, ++parsed_.lines) {
      SkipBlanks();
      if (*at_ != '\n' && *at_ != '#' && !ReadRow()) break;
      at_ = static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
    }
    RowBlock& rows = parsed_.rows;
    rows.values.assign(rows.index.size(), 1);
    for (std::size_t row = 1; row <= rows.rows(); ++row) rows.ends.push_back(static_cast<std::uint32_t>(2 * row));
    return std::move(parsed_);
  }

 private:
  void SkipBlanks() {
    while (IsBlank(*at_)) ++at_;
  }

  bool ReadRow() {
    std::uint32_t user = 0;
    std::uint32_t item = 0;
    double rating = 0;
    if (!ReadId("user", user) || !ReadId("item", item) || !ReadRating(rating)) return false;
    parsed_.rows.index.push_back(user);
    parsed_.rows.index.push_back(item);
    parsed_.rows.labels.push_back(rating);
    parsed_.rows.lines.push_back(parsed_.lines);
    return true;
  }

  bool ReadId(std::string_view what, std::uint32_t& id) {
    SkipBlanks();
    const char* from = at_;
    std::uint64_t number = 0;
    for (; number::IsDigit(*from) && number < kColumnsMax; ++from) {
      number = number * 10 + static_cast<std::uint64_t>(*from - '0');
    }
    if (number >= kColumnsMax) return Wrong(what, "is larger than 4294967294");
    const char* const stop = Behind(from);
    if (from == at_ || stop == nullptr) return Wrong(what, "is not a whole number; a line is user, item, rating");
    id = static_cast<std::uint32_t>(number);
    at_ = stop;
    return true;
  }

  bool ReadRating(double& rating) {
    SkipBlanks();
    const char* const stop = number::ReadDouble(at_, end_, rating);
    const bool ends = stop != nullptr && (IsBlank(*stop) || *stop == '\n' || Behind(stop) != nullptr);
    if (!ends || !std::isfinite(rating)) return Wrong("rating", "is not a finite number");
    at_ = stop;
    return true;
  }

  // What follows the separator at `at`; nullptr when there is none.
  const char* Behind(const char* at) const {
    for (const char c : separator_) {
      if (*at++ != c) return nullptr;
    }
    return at;
  }

  bool Wrong(std::string_view what, std::string_view why) {
    const std::string_view line(at_, static_cast<std::size_t>(end_ - at_));
    const std::string_view rest = line.substr(0, line.find('\n'));
    parsed_.fault = {parsed_.lines, StrCat(what, " '", Shown(Trim(rest.substr(0, rest.find(separator_)))), "' ", why)};
    return false;
  }

  std::string_view separator_;
  const char* at_;
  const char* end_;
  ParsedText parsed_;
};

std::string_view SeparatorOf(std::string_view line) {
  for (const std::string_view separator : kSeparators) {
    if (line.find(separator) != std::string_view::npos) return separator;
  }
  return ",";
}

bool IsHeader(std::string_view line, std::string_view separator) {
  return !ParseDouble(Trim(line.substr(0, line.find(separator)))).has_value();
}

}  // namespace

ParsedText Parse(std::string_view separator, std::string_view text) { return Parser(separator, text).Run(); }

bool Recognise(std::string_view path, std::string_view head) {
  for (const std::string_view name : {"ratings.csv", "ratings.dat", "u.data"}) {
    if (path == name || path.ends_with(StrCat("/", name))) return true;
  }
  const std::string_view line = head.substr(0, head.find('\n'));
  const std::size_t colons = line.find("::");
  return line.starts_with("userId,") || (colons != std::string_view::npos && ParseInteger(line.substr(0, colons)));
}

Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions& options) {
  const auto separator = std::make_shared<std::string_view>();
  auto reader = std::make_unique<TextReader>(
      TRY(InputFile::Open(files.rows)), [separator](std::string_view text) { return Parse(*separator, text); },
      options.threads);
  const std::string first = TRY(reader->FirstRecord());
  *separator = SeparatorOf(first);
  if (options.header == "yes" || (options.header == "auto" && IsHeader(first, *separator))) {
    TRY(reader->DropFirstRecord());
  }
  return std::unique_ptr<RowReader>(std::move(reader));
}

}  // namespace lambdaml::ratings
