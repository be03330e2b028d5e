// SPDX-License-Identifier: Apache-2.0
#include "data/csv/csv_format.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "data/csv/csv_fields.h"

namespace lambdaml::csv {

namespace {

constexpr std::size_t kCriteoFields = 40;
constexpr std::size_t kCriteoCounts = 13;
constexpr std::int64_t kCriteoColumns = 1000000;  // as in LIBSVM's copy of the data
constexpr std::size_t kRowsLookedAt = 1000;       // for columns of texts

bool IsNumber(std::string_view field) { return ParseDouble(field).has_value(); }

// A field's position, from 0, by its number from 1 or its name.
std::optional<std::size_t> Position(const std::vector<std::string>& fields, std::string_view word) {
  const auto named = std::find(fields.begin(), fields.end(), word);
  if (named != fields.end() && !IsNumber(*named)) return static_cast<std::size_t>(named - fields.begin());
  const auto number = ParseInteger(word);
  if (!number || *number < 1 || static_cast<std::size_t>(*number) > fields.size()) return std::nullopt;
  return static_cast<std::size_t>(*number - 1);
}

// Nothing where rows have no label.
Result<std::optional<std::size_t>> LabelPosition(const std::vector<std::string>& fields, const ImportOptions& options) {
  if (options.label_column == "none") return std::optional<std::size_t>();
  if (options.label_column == "first") return std::optional(std::size_t{0});
  if (options.label_column == "last") return std::optional(fields.size() - 1);
  const auto position = Position(fields, options.label_column);
  if (position) return position;
  return Error{Code::kInvalid, StrCat("there is no label column '", options.label_column, "' among the ", fields.size(),
                                      " of its first line; give first, last, none, a number from 1 or a name")};
}

// The first record from `at` on, `end` when there is none.
const char* SkipEmptyLines(const char* at, const char* end) {
  while (at != end) {
    const std::string_view line(at, static_cast<std::size_t>(std::find(at, end, '\n') - at));
    const std::string_view content = Trim(line);
    if (!content.empty() && content.front() != '#') return at;
    at += std::min(line.size() + 1, static_cast<std::size_t>(end - at));
  }
  return end;
}

// The records that begin a text, some at most; those that are cut are left out.
std::vector<std::vector<std::string>> FirstRows(std::string_view head, char separator, std::size_t rows_max) {
  std::vector<std::vector<std::string>> rows;
  const char* const end = head.data() + WholeQuotedRecords(head);
  for (const char* at = SkipEmptyLines(head.data(), end); at != end && rows.size() < rows_max;) {
    std::vector<std::string>& row = rows.emplace_back();
    Piece piece;
    do {
      piece = NextPiece(at, end, separator);
      row.push_back(Plain(piece));
      at = piece.next;
    } while (!piece.last);
    at = SkipEmptyLines(at + 1, end);
  }
  return rows;
}

// A first line of names has a text where the rows have numbers. A text in the label's place, or in one that may be
// hashed, may be a value.
bool IsHeader(const std::vector<std::vector<std::string>>& rows, std::optional<std::size_t> label,
              const ImportOptions& options) {
  if (options.header != "auto") return options.header == "yes";
  const std::vector<std::string>& first = rows[0];
  for (std::size_t field = 0; field < first.size(); ++field) {
    if (first[field].empty() || IsNumber(first[field])) continue;
    if (options.hash_columns == 0 && field != label) return true;
    if (options.hash_columns > 0 && rows.size() > 1 && field < rows[1].size() && IsNumber(rows[1][field])) return true;
  }
  return false;
}

// The fields, of those that are not the label, that hold a text in one of the rows.
std::vector<std::size_t> Texts(const std::vector<std::vector<std::string>>& rows, const Layout& layout) {
  std::vector<std::size_t> texts;
  for (std::size_t field = 0; field < layout.fields(); ++field) {
    const bool text = std::any_of(rows.begin(), rows.end(), [field](const std::vector<std::string>& row) {
      return field < row.size() && !row[field].empty() && !IsNumber(row[field]);
    });
    if (text && layout.roles[field] == Role::kNumber) texts.push_back(field);
  }
  return texts;
}

// "3,5-7,city", with numbers from 1.
Result<std::vector<std::size_t>> Listed(std::string_view list, const std::vector<std::string>& names) {
  std::vector<std::size_t> positions;
  for (const std::string_view part : SplitText(list, ',')) {
    const std::size_t dash = part.find('-');
    auto first = Position(names, Trim(part));
    auto last = first;
    if (!first && dash != std::string_view::npos) {
      first = Position(names, Trim(part.substr(0, dash)));
      last = Position(names, Trim(part.substr(dash + 1)));
    }
    if (!first || !last) {
      return Error{Code::kInvalid, StrCat("categorical: there is no column '", part, "' among the ", names.size(),
                                          "; give names or numbers from 1, as in 3,5-7,city")};
    }
    for (std::size_t position = *first; position <= *last; ++position) positions.push_back(position);
  }
  return positions;
}

void PlanValue(const ImportOptions& options, std::size_t hashed, Layout& layout) {
  if (options.hash_value == "unit")
    layout.hashed_value = static_cast<float>(1 / std::sqrt(static_cast<double>(hashed)));
}

// `rows` are the first ones, `names` the fields of the first line.
Result<void> PlanHashing(const std::vector<std::vector<std::string>>& rows, const std::vector<std::string>& names,
                         const ImportOptions& options, Layout& layout) {
  layout.hash_columns = static_cast<std::uint64_t>(options.hash_columns);
  const auto hashed = options.categorical == "auto" ? Texts(rows, layout) : TRY(Listed(options.categorical, names));
  for (const std::size_t position : hashed) {
    if (layout.roles[position] != Role::kLabel) layout.roles[position] = Role::kHashed;
  }
  const std::size_t count = layout.Count(Role::kHashed);
  if (count == 0) return Error{Code::kInvalid, "it has no columns of texts to hash; name them in categorical"};
  if (layout.Count(Role::kNumber) + layout.hash_columns > kColumnsMax) {
    return Error{Code::kInvalid, StrCat("hash_columns ", options.hash_columns, " is too large")};
  }
  PlanValue(options, count, layout);
  return {};
}

// Leaves the reader at the first row.
Result<Layout> FindLayout(TextReader& reader, const SplitFiles& files, const ImportOptions& options) {
  const std::string record = TRY(reader.FirstRecord()) + "\n";
  Layout layout;
  layout.separator = WithoutGzip(files.rows).ends_with(".tsv") ? '\t' : SeparatorOf(record);
  layout.missing_is_zero = options.missing == "zero";
  std::vector<std::vector<std::string>> rows =
      FirstRows(TRY(reader.Head()), layout.separator, options.hash_columns > 0 ? kRowsLookedAt : 2);
  if (rows.empty()) rows.push_back(Fields(record, layout.separator));  // it is cut, or its quote is not closed
  const std::optional<std::size_t> label = TRY(LabelPosition(rows[0], options));
  if (label && rows[0].size() < 2) {
    return Error{Code::kInvalid, "its first line has one field; a row needs a label and at least one value"};
  }
  layout.roles.assign(rows[0].size(), Role::kNumber);
  if (label) layout.roles[*label] = Role::kLabel;
  const std::vector<std::string> first = rows[0];
  if (IsHeader(rows, label, options)) {
    TRY(reader.DropFirstRecord());
    layout.header = first;
    rows.erase(rows.begin());
  }
  if (rows.empty()) return Error{Code::kInvalid, "it holds no rows"};
  if (options.hash_columns > 0) TRY(PlanHashing(rows, first, options, layout));
  layout.names = label && *label < rows[0].size() && !rows[0][*label].empty() && !IsNumber(rows[0][*label]);
  return layout;
}

// The label, 13 counts and 26 texts.
Result<Layout> CriteoLayout(TextReader&, const SplitFiles&, const ImportOptions& options) {
  Layout layout;
  layout.separator = '\t';
  layout.roles.assign(kCriteoFields, Role::kHashed);
  layout.roles[0] = Role::kLabel;
  std::fill_n(layout.roles.begin() + 1, kCriteoCounts, Role::kBinned);
  layout.hash_columns = static_cast<std::uint64_t>(options.hash_columns);
  PlanValue(options, kCriteoFields - 1, layout);
  return layout;
}

using FindLayoutOf = Result<Layout> (*)(TextReader& reader, const SplitFiles& files, const ImportOptions& options);

Result<std::unique_ptr<RowReader>> OpenWith(FindLayoutOf find, const SplitFiles& files, const ImportOptions& options) {
  auto layout = std::make_shared<Layout>();
  auto reader = std::make_unique<TextReader>(
      TRY(InputFile::Open(files.rows)), [layout](std::string_view text) { return Parse(*layout, text); },
      options.threads, WholeQuotedRecords);
  *layout = TRY(find(*reader, files, options).Context(files.rows));
  return std::unique_ptr<RowReader>(std::move(reader));
}

}  // namespace

bool Recognise(std::string_view path, std::string_view head) {
  if (path.ends_with(".csv") || path.ends_with(".tsv")) return true;
  const std::string_view line = head.substr(0, head.find('\n'));
  const bool text = std::all_of(line.begin(), line.end(), [](char c) { return c == '\t' || c == '\r' || c >= ' '; });
  return text && line.find_first_of(",;\t") != std::string_view::npos;
}

// Every split hashes the columns that hold texts in the train split.
Result<ImportOptions> Settle(const SplitFiles& train, const ImportOptions& options) {
  if (options.hash_columns == 0 || options.categorical != "auto") return options;
  TextReader reader(TRY(InputFile::Open(train.rows)), nullptr, 1, WholeQuotedRecords);
  const Layout layout = TRY(FindLayout(reader, train, options).Context(train.rows));
  std::vector<std::string> hashed;
  for (std::size_t field = 0; field < layout.fields(); ++field) {
    if (layout.roles[field] == Role::kHashed) hashed.push_back(StrCat(field + 1));
  }
  ImportOptions settled = options;
  settled.categorical = JoinWith(",", hashed);
  return settled;
}

Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions& options) {
  return OpenWith(FindLayout, files, options);
}

bool RecogniseCriteo(std::string_view, std::string_view head) {
  const std::vector<std::string_view> fields = SplitText(head.substr(0, head.find('\n')), '\t');
  if (fields.size() != kCriteoFields || (fields[0] != "0" && fields[0] != "1")) return false;
  return std::all_of(fields.begin() + kCriteoCounts + 1, fields.end(), [](std::string_view field) {
    const std::string_view text = Trim(field);
    return text.empty() || (text.size() == 8 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos);
  });
}

Result<ImportOptions> SettleCriteo(const SplitFiles&, const ImportOptions& options) {
  ImportOptions settled = options;
  if (options.hash_columns == 0) settled.hash_columns = kCriteoColumns;
  return settled;
}

Result<std::unique_ptr<RowReader>> OpenCriteo(const SplitFiles& files, const ImportOptions& options) {
  return OpenWith(CriteoLayout, files, options);
}

}  // namespace lambdaml::csv
