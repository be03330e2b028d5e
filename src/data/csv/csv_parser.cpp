// SPDX-License-Identifier: Apache-2.0
#include "data/csv/csv_parser.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "base/text.h"
#include "data/csv/csv_fields.h"
#include "data/csv/csv_hash.h"
#include "data/number.h"

namespace lambdaml::csv {

namespace {

// Numbers the texts of labels in the order they are met.
class Names {
 public:
  double Number(std::string_view name) {
    const auto at = numbers_.find(name);
    if (at != numbers_.end()) return at->second;
    const auto number = static_cast<double>(numbers_.size());
    numbers_.emplace(name, number);
    return number;
  }
  std::vector<std::string> Take() const {
    std::vector<std::string> names(numbers_.size());
    for (const auto& [name, number] : numbers_) names[static_cast<std::size_t>(number)] = name;
    return names;
  }

 private:
  std::map<std::string, double, std::less<>> numbers_;
};

// Parses the records of one block.
class Parser {
 public:
  Parser(const Layout& layout, std::string_view text)
      : layout_(layout), at_(text.data()), end_(text.data() + text.size()) {
    RowBlock& rows = parsed_.rows;
    rows.sparse = layout.hash_columns > 0;
    rows.columns = layout.Count(Role::kNumber) + layout.hash_columns;
    if (rows.sparse) return;
    rows.values.resize(text.size() / 2 +
                       layout.fields());  // a number and its separator take two bytes, all but the last
    value_ = rows.values.data();
  }

  ParsedText Run() {
    RowBlock& rows = parsed_.rows;
    for (; at_ != end_ && !parsed_.fault; ++at_, ++line_) {
      const char* const record = at_;
      if (SkipEmpty()) continue;
      at_ = record;
      const std::uint32_t line = line_;
      if (rows.sparse ? !ReadHashedRow() : !ReadRow()) break;
      rows.lines.push_back(line);
    }
    if (!rows.sparse) rows.values.resize(rows.labels.size() * rows.columns);
    rows.names = names_.Take();
    parsed_.lines = line_;
    return std::move(parsed_);
  }

 private:
  // Moves to the end of a line without content; false when it has some.
  bool SkipEmpty() {
    while (*at_ == ' ' || *at_ == '\r') ++at_;
    if (*at_ == '#') at_ = static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
    return *at_ == '\n';
  }

  // Leaves at_ at the line's end, as ReadHashedRow does.
  bool ReadRow() {
    double label = 0;
    const std::size_t fields = layout_.fields();
    for (std::size_t field = 0; field < fields; ++field) {
      if (layout_.roles[field] == Role::kLabel) {
        if (!ReadLabel(label)) return false;
      } else if (!ReadValueFast() && !ReadValue(field)) {
        return false;
      }
      const bool last = at_[-1] == '\n';
      if (last != (field + 1 == fields)) return Ragged(field);
    }
    --at_;
    parsed_.rows.labels.push_back(label);
    return true;
  }

  bool ReadHashedRow() {
    double label = 0;
    number_column_ = 0;
    hashed_.clear();
    for (std::size_t field = 0; field < layout_.fields(); ++field) {
      if (!(layout_.roles[field] == Role::kLabel ? ReadLabel(label) : ReadEntry(field))) return false;
      const bool last = at_[-1] == '\n';
      if (last != (field + 1 == layout_.fields())) return Ragged(field);
    }
    --at_;
    AppendHashed();
    parsed_.rows.labels.push_back(label);
    parsed_.rows.ends.push_back(static_cast<std::uint32_t>(parsed_.rows.index.size()));
    return true;
  }

  bool ReadEntry(std::size_t field) {
    switch (layout_.roles[field]) {
      case Role::kNumber: return ReadNumberEntry(field);
      case Role::kHashed: return ReadHashed(field);
      default: return ReadBinned(field);
    }
  }

  bool ReadNumberEntry(std::size_t field) {
    float number = 0;
    value_ = &number;
    if (!ReadValueFast() && !ReadValue(field)) return false;
    if (number != 0) {
      parsed_.rows.index.push_back(number_column_);
      parsed_.rows.values.push_back(number);
    }
    ++number_column_;
    return true;
  }

  bool ReadHashed(std::size_t field) {
    const Piece piece = Take(field);
    if (parsed_.fault) return false;
    if (piece.quoted) {
      AddHashed(field, Plain(piece));
    } else {
      AddHashed(field, piece.text);
    }
    return true;
  }

  bool ReadBinned(std::size_t field) {
    const Piece piece = Take(field);
    if (parsed_.fault) return false;
    const auto count = ParseInteger(piece.text);
    if (!count && !piece.text.empty())
      return Fault(StrCat(Field(field), " '", Shown(piece.text), "' is not a whole number"));
    AddHashed(field, count ? BinOf(*count) : "");
    return true;
  }

  void AddHashed(std::size_t field, std::string_view text) {
    const std::uint64_t column = HashOf(static_cast<std::uint32_t>(field + 1), text) % layout_.hash_columns;
    hashed_.push_back(static_cast<std::uint32_t>(parsed_.rows.columns - layout_.hash_columns + column));
  }

  // Columns that two fields of the row share get the sum.
  void AppendHashed() {
    std::sort(hashed_.begin(), hashed_.end());
    for (std::size_t i = 0; i < hashed_.size(); ++i) {
      if (i > 0 && hashed_[i] == hashed_[i - 1]) {
        parsed_.rows.values.back() += layout_.hashed_value;
        continue;
      }
      parsed_.rows.index.push_back(hashed_[i]);
      parsed_.rows.values.push_back(layout_.hashed_value);
    }
  }

  // A plain number that ends at a separator or the line's end, which it moves behind.
  bool ReadValueFast() {
    const char* stop = number::ReadFloat(at_, end_, *value_);
    if (stop == nullptr || !std::isfinite(*value_)) return false;
    stop += static_cast<int>(*stop == '\r');
    if (!EndsField(*stop, layout_.separator)) return false;
    ++value_;
    at_ = stop + 1;
    return true;
  }

  bool ReadValue(std::size_t field) {
    const Piece piece = Take(field);
    if (parsed_.fault) return false;
    if (piece.last && field + 1 < layout_.fields()) return Ragged(field);
    if (piece.text.empty()) return ReadEmpty(field);
    if (number::ReadFloat(piece.text.data(), end_, *value_) != piece.text.data() + piece.text.size()) {
      return Fault(StrCat(Field(field), " '", Shown(piece.text), "' is not a number; ",
                          layout_.hash_columns > 0 ? "name it in categorical to hash it"
                                                   : "mend it, or give hash_columns to hash columns of texts"));
    }
    if (!std::isfinite(*value_)) return Fault(StrCat(Field(field), " '", Shown(piece.text), "' is not finite"));
    ++value_;
    return true;
  }

  bool ReadEmpty(std::size_t field) {
    if (!layout_.missing_is_zero) return Fault(StrCat(Field(field), " is empty; fill it in, or give missing zero"));
    *value_++ = 0;
    return true;
  }

  bool ReadLabel(double& label) {
    const auto field = static_cast<std::size_t>(std::find(layout_.roles.begin(), layout_.roles.end(), Role::kLabel) -
                                                layout_.roles.begin());
    const Piece piece = Take(field);
    if (parsed_.fault) return false;
    if (piece.text.empty()) return Fault(StrCat("the label, ", Field(field), ", is empty"));
    if (layout_.names) {
      label = piece.quoted ? names_.Number(Plain(piece)) : names_.Number(piece.text);
      return true;
    }
    const auto value = ParseDouble(piece.text);
    if (!value || !std::isfinite(*value)) {
      return Fault(StrCat("label '", Shown(piece.text), "' is not a finite number"));
    }
    label = *value;
    return true;
  }

  Piece Take(std::size_t field) {
    const Piece piece = NextPiece(at_, end_, layout_.separator);
    at_ = piece.next + static_cast<int>(piece.last);
    if (piece.broken) Fault(StrCat(Field(field), ": its quote is not closed, or text follows the closing one"));
    if (piece.quoted) line_ += static_cast<std::uint32_t>(std::count(piece.text.begin(), piece.text.end(), '\n'));
    return piece;
  }

  // "field 3 (age)"
  std::string Field(std::size_t field) const {
    if (field >= layout_.header.size()) return StrCat("field ", field + 1);
    return StrCat("field ", field + 1, " (", Shown(layout_.header[field]), ")");
  }

  bool Ragged(std::size_t field) {
    const std::string has = at_[-1] == '\n' ? StrCat(field + 1) : StrCat("more than ", layout_.fields());
    return Fault(StrCat("the row has ", has, " fields, the first row has ", layout_.fields()));
  }

  bool Fault(std::string what) {
    parsed_.fault = {line_, std::move(what)};
    return false;
  }

  const Layout& layout_;
  const char* at_;
  const char* end_;
  std::uint32_t line_ = 0;  // of the block
  float* value_ = nullptr;  // where the next number goes
  std::uint32_t number_column_ = 0;
  std::vector<std::uint32_t> hashed_;  // columns of the row
  Names names_;
  ParsedText parsed_;
};

}  // namespace

std::size_t Layout::Count(Role role) const {
  return static_cast<std::size_t>(std::count(roles.begin(), roles.end(), role));
}

ParsedText Parse(const Layout& layout, std::string_view text) { return Parser(layout, text).Run(); }

}  // namespace lambdaml::csv
