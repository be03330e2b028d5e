// SPDX-License-Identifier: Apache-2.0
#include "data/array_reader.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/text.h"

namespace lambdaml {

namespace {

constexpr std::uint64_t kRowValuesMax = std::uint64_t{1} << 28U;

Error Invalid(const std::string& path, std::string_view what) { return {Code::kInvalid, StrCat(path, ": ", what)}; }

}  // namespace

Result<std::unique_ptr<RowReader>> ArrayReader::Make(InputFile file, const ArrayLayout& layout,
                                                     std::vector<double> labels, const std::string& labels_path) {
  if (layout.rows == 0 || layout.columns == 0) return Invalid(file.path(), "it holds no rows");
  if (layout.columns > kRowValuesMax) {
    return Invalid(file.path(), StrCat("a row of ", layout.columns, " values is too wide"));
  }
  if (!labels_path.empty() && labels.size() != layout.rows) {
    return Invalid(file.path(),
                   StrCat("it holds ", layout.rows, " rows, but ", labels_path, " holds ", labels.size(), " labels"));
  }
  return std::unique_ptr<RowReader>(new ArrayReader(std::move(file), layout, std::move(labels)));
}

Result<std::optional<RowBlock>> ArrayReader::Next() {
  if (next_ == layout_.rows) {
    TRY(ExpectEnd(file_));
    return std::optional<RowBlock>();
  }
  const std::uint64_t rows =
      std::clamp<std::uint64_t>(kBlockBytes / sizeof(float) / layout_.columns, 1, layout_.rows - next_);
  RowBlock block;
  block.columns = layout_.columns;
  block.first = next_ + 1;
  block.values.resize(rows * layout_.columns);
  buffer_.resize(block.values.size() * layout_.element_bytes);
  TRY(ReadExactly(file_, buffer_, StrCat("rows ", next_ + 1, " to ", next_ + rows, " of ", layout_.rows)));
  layout_.read(buffer_.data(), block.values);
  const auto bad = std::find_if_not(block.values.begin(), block.values.end(), [](float v) { return std::isfinite(v); });
  if (bad != block.values.end()) {
    const auto at = static_cast<std::uint64_t>(bad - block.values.begin());
    return Invalid(file_.path(), StrCat("row ", next_ + 1 + at / layout_.columns, ", value ", at % layout_.columns + 1,
                                        ": it is not finite"));
  }
  block.labels.resize(rows);
  if (!labels_.empty()) std::copy_n(labels_.begin() + static_cast<std::ptrdiff_t>(next_), rows, block.labels.begin());
  next_ += rows;
  return std::optional<RowBlock>(std::move(block));
}

std::optional<Survey> ArrayReader::Known() const {
  Survey survey;
  survey.rows = layout_.rows;
  survey.columns = layout_.columns;
  survey.AddLabels(labels_.empty() ? std::vector<double>{0} : labels_);
  return survey;
}

Result<void> ReadExactly(InputFile& file, std::span<char> buffer, std::string_view what) {
  if (TRY(file.Read(buffer)) == buffer.size()) return {};
  return Invalid(file.path(), StrCat("the file is cut short: ", what, " are missing"));
}

Result<void> ExpectEnd(InputFile& file) {
  char more = 0;
  if (TRY(file.Read({&more, 1})) == 0) return {};
  return Invalid(file.path(), "it is longer than its header says");
}

bool Exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

}  // namespace lambdaml
