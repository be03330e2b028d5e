// SPDX-License-Identifier: Apache-2.0
#include "data/csv/csv_format.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "base/text.h"
#include "data/number.h"

namespace lambdaml::csv {

namespace {

// One field of a line and where the next one begins: behind the separator, or at the line's end.
struct Piece {
  std::string_view text;  // without quotes and blanks around it
  const char* next = nullptr;
  bool last = false;
  bool open = false;  // a quote that does not end on this line
};

bool EndsField(char c, char separator) { return c == separator || c == '\n'; }

Piece Finish(std::string_view text, const char* stop) {
  return {.text = text, .next = stop + static_cast<int>(*stop != '\n'), .last = *stop == '\n'};
}

Piece Quoted(const char* at, char separator) {
  const char* const begin = at + 1;
  const char* end = begin;
  while (*end != '"' && *end != '\n') ++end;
  const char* stop = end;
  while (!EndsField(*stop, separator)) ++stop;
  Piece piece = Finish({begin, static_cast<std::size_t>(end - begin)}, stop);
  piece.open = *end == '\n' || !Trim({end + 1, static_cast<std::size_t>(stop - end - 1)}).empty();
  return piece;
}

Piece NextPiece(const char* at, char separator) {
  while (*at == ' ') ++at;
  if (*at == '"') return Quoted(at, separator);
  const char* stop = at;
  while (!EndsField(*stop, separator)) ++stop;
  return Finish(Trim({at, static_cast<std::size_t>(stop - at)}), stop);
}

std::vector<std::string_view> Fields(const std::string& line_with_end, char separator) {
  std::vector<std::string_view> fields;
  for (const char* at = line_with_end.data();;) {
    const Piece piece = NextPiece(at, separator);
    fields.push_back(piece.text);
    if (piece.last) return fields;
    at = piece.next;
  }
}

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

// Parses the lines of one block.
class Parser {
 public:
  Parser(const Layout& layout, std::string_view text)
      : layout_(layout), at_(text.data()), end_(text.data() + text.size()) {
    parsed_.rows.columns = layout.fields - 1;
    parsed_.rows.values.resize(text.size() / 2 + layout.fields);  // a number and its separator take two bytes
    value_ = parsed_.rows.values.data();
  }

  ParsedText Run() {
    for (; at_ != end_ && !parsed_.fault; ++at_, ++parsed_.lines) {
      const char* const line = at_;
      if (SkipEmpty()) continue;
      at_ = line;
      if (!ReadRow()) break;
    }
    parsed_.rows.values.resize(parsed_.rows.labels.size() * parsed_.rows.columns);
    parsed_.rows.names = names_.Take();
    return std::move(parsed_);
  }

 private:
  // Moves to the end of a line without content; false when it has some.
  bool SkipEmpty() {
    while (*at_ == ' ' || *at_ == '\r') ++at_;
    if (*at_ == '#') at_ = static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
    return *at_ == '\n';
  }

  // Leaves at_ at the line's end.
  bool ReadRow() {
    double label = 0;
    for (std::size_t field = 0; field < layout_.fields; ++field) {
      if (field == layout_.label) {
        if (!ReadLabel(label)) return false;
      } else if (!ReadValueFast() && !ReadValue(field)) {
        return false;
      }
      const bool last = at_[-1] == '\n';
      if (last != (field + 1 == layout_.fields)) return Ragged(field);
    }
    --at_;
    parsed_.rows.labels.push_back(label);
    parsed_.rows.lines.push_back(parsed_.lines);
    return true;
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
    const Piece piece = Take();
    if (parsed_.fault) return false;
    const std::string where = StrCat("field ", field + 1);
    if (piece.last && field + 1 < layout_.fields) return Ragged(field);
    if (piece.text.empty()) return Fault(StrCat(where, " is empty"));
    if (number::ReadFloat(piece.text.data(), end_, *value_) != piece.text.data() + piece.text.size()) {
      return Fault(StrCat(where, " '", piece.text, "' is not a number"));
    }
    if (!std::isfinite(*value_)) return Fault(StrCat(where, " '", piece.text, "' is not finite"));
    ++value_;
    return true;
  }

  bool ReadLabel(double& label) {
    const Piece piece = Take();
    if (parsed_.fault) return false;
    if (piece.text.empty()) return Fault("the label is empty");
    if (layout_.names) {
      label = names_.Number(piece.text);
      return true;
    }
    const auto value = ParseDouble(piece.text);
    if (!value || !std::isfinite(*value)) return Fault(StrCat("label '", piece.text, "' is not a finite number"));
    label = *value;
    return true;
  }

  Piece Take() {
    const Piece piece = NextPiece(at_, layout_.separator);
    at_ = piece.next + static_cast<int>(piece.last);
    if (piece.open) Fault("a quoted field does not end before the next separator or the end of its line");
    return piece;
  }

  bool Ragged(std::size_t field) {
    const std::string has = at_[-1] == '\n' ? StrCat(field + 1) : StrCat("more than ", layout_.fields);
    return Fault(StrCat("the row has ", has, " fields, the first row has ", layout_.fields));
  }

  bool Fault(std::string what) {
    parsed_.fault = {parsed_.lines, std::move(what)};
    return false;
  }

  const Layout& layout_;
  const char* at_;
  const char* end_;
  float* value_ = nullptr;
  Names names_;
  ParsedText parsed_;
};

char SeparatorOf(std::string_view line) {
  for (const char separator : {',', ';', '\t'}) {
    if (line.find(separator) != std::string_view::npos) return separator;
  }
  return ',';
}

bool IsNumber(std::string_view field) { return ParseDouble(field).has_value(); }

Result<std::size_t> LabelPosition(const std::vector<std::string_view>& fields, const ImportOptions& options) {
  if (options.label_column == "first") return std::size_t{0};
  if (options.label_column == "last") return fields.size() - 1;
  const auto named = std::find(fields.begin(), fields.end(), options.label_column);
  if (named != fields.end() && !IsNumber(*named)) return static_cast<std::size_t>(named - fields.begin());
  const auto number = ParseInteger(options.label_column);
  if (number && *number >= 1 && static_cast<std::size_t>(*number) <= fields.size()) {
    return static_cast<std::size_t>(*number - 1);
  }
  return Error{Code::kInvalid, StrCat("there is no label column '", options.label_column, "' among the ", fields.size(),
                                      " of its first line; give first, last, a number from 1 or a name")};
}

// A first line of names has a text where a row would have a number; a text in the label's place may be a label.
bool IsHeader(const std::vector<std::string_view>& fields, std::size_t label, const ImportOptions& options) {
  if (options.header != "auto") return options.header == "yes";
  for (std::size_t field = 0; field < fields.size(); ++field) {
    if (field != label && !fields[field].empty() && !IsNumber(fields[field])) return true;
  }
  return false;
}

Result<Layout> FindLayout(TextReader& reader, const ImportOptions& options) {
  std::string line = TRY(reader.FirstLine()) + "\n";
  Layout layout{.separator = SeparatorOf(line)};
  const std::vector<std::string_view> first = Fields(line, layout.separator);
  layout.fields = first.size();
  if (layout.fields < 2) {
    return Error{Code::kInvalid, "its first line has one field; a row needs a label and at least one value"};
  }
  layout.label = TRY(LabelPosition(first, options));
  if (IsHeader(first, layout.label, options)) {
    TRY(reader.DropFirstLine());
    line = TRY(reader.FirstLine()) + "\n";
  }
  const std::vector<std::string_view> row = Fields(line, layout.separator);
  layout.names = layout.label < row.size() && !row[layout.label].empty() && !IsNumber(row[layout.label]);
  return layout;
}

}  // namespace

ParsedText Parse(const Layout& layout, std::string_view text) { return Parser(layout, text).Run(); }

bool Recognise(std::string_view path, std::string_view head) {
  if (path.ends_with(".csv") || path.ends_with(".tsv")) return true;
  const std::string_view line = head.substr(0, head.find('\n'));
  const bool text = std::all_of(line.begin(), line.end(), [](char c) { return c == '\t' || c == '\r' || c >= ' '; });
  return text && line.find_first_of(",;\t") != std::string_view::npos;
}

Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions& options) {
  auto layout = std::make_shared<Layout>();
  auto reader = std::make_unique<TextReader>(
      TRY(InputFile::Open(files.rows)), [layout](std::string_view text) { return Parse(*layout, text); },
      options.threads);
  *layout = TRY(FindLayout(*reader, options).Context(files.rows));
  return std::unique_ptr<RowReader>(std::move(reader));
}

}  // namespace lambdaml::csv
