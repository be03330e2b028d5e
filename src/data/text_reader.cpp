// SPDX-License-Identifier: Apache-2.0
#include "data/text_reader.h"

#include <algorithm>
#include <cstring>

#include "base/parallel.h"
#include "base/text.h"
#include "data/number.h"

namespace lambdaml {

namespace {

constexpr std::size_t kRowBytesMax = std::size_t{1} << 30U;
constexpr int kFirstLinesMax = 1000;  // of the first record

}  // namespace

std::size_t WholeLines(std::string_view text) { return text.rfind('\n') + 1; }

TextReader::TextReader(InputFile file, ParseText parse, std::size_t threads, WholeRecords whole)
    : file_(std::move(file)), parse_(std::move(parse)), whole_(whole), buffers_(std::max<std::size_t>(1, threads)) {}

Result<std::string_view> TextReader::Head() {
  if (rest_.empty()) {
    const std::string_view text = TRY(Fill(buffers_[0]));
    rest_.insert(rest_.begin(), text.begin(), text.end());
  }
  std::string_view left(rest_.data(), rest_.size());
  while (!left.empty()) {
    const std::string_view line = left.substr(0, left.find('\n'));
    const std::string_view content = Trim(line);
    if (!content.empty() && content.front() != '#') return left;
    left.remove_prefix(std::min(left.size(), line.size() + 1));
  }
  return Error{Code::kInvalid, StrCat(file_.path(), ": it begins with ", rest_.size(), " bytes without a row")};
}

// A record that has no end is taken for its first line.
std::string_view TextReader::FirstOf(std::string_view text) const {
  std::size_t end = text.find('\n');
  for (int line = 0; line < kFirstLinesMax && end != std::string_view::npos; ++line) {
    if (whole_(text.substr(0, end + 1)) == end + 1) return text.substr(0, end);
    end = text.find('\n', end + 1);
  }
  return text.substr(0, text.find('\n'));
}

Result<std::string> TextReader::FirstRecord() { return std::string(Trim(FirstOf(TRY(Head())))); }

Result<void> TextReader::DropFirstRecord() {
  const std::string_view record = FirstOf(TRY(Head()));
  const auto offset = static_cast<std::size_t>(record.data() - rest_.data());
  const auto end = rest_.begin() + static_cast<std::ptrdiff_t>(std::min(offset + record.size() + 1, rest_.size()));
  lines_ += static_cast<std::uint64_t>(std::count(rest_.begin(), end, '\n'));
  rest_.erase(rest_.begin(), end);
  return {};
}

Result<std::string_view> TextReader::Fill(RawVector<char>& buffer) {
  std::size_t size = rest_.size();
  buffer.resize(std::max(kBlockBytes, 2 * size) + 1 + number::kNumberPadding);
  std::copy(rest_.begin(), rest_.end(), buffer.begin());
  rest_.clear();
  while (true) {
    const std::size_t room = buffer.size() - 1 - number::kNumberPadding - size;
    const std::size_t count = TRY(file_.Read({buffer.data() + size, room}));
    size += count;
    if (count < room && size > 0 && buffer[size - 1] != '\n') buffer[size++] = '\n';
    const std::size_t whole = count < room ? size : whole_({buffer.data(), size});
    if (whole > 0 || count < room) {
      rest_.assign(buffer.begin() + static_cast<std::ptrdiff_t>(whole),
                   buffer.begin() + static_cast<std::ptrdiff_t>(size));
      std::memset(buffer.data() + whole, 0, number::kNumberPadding);
      return std::string_view(buffer.data(), whole);
    }
    if (size > kRowBytesMax)
      return Error{Code::kInvalid,
                   StrCat(file_.path(), ": a row is longer than 1 GiB; a quote that is never closed makes one")};
    buffer.resize(2 * buffer.size());
  }
}

Result<void> TextReader::ParseSome() {
  std::vector<std::string_view> texts;
  for (RawVector<char>& buffer : buffers_) {
    const std::string_view text = TRY(Fill(buffer));
    if (text.empty()) break;
    texts.push_back(text);
  }
  std::vector<ParsedText> parsed(texts.size());
  ParallelFor(buffers_.size(), texts.size(), [&](std::size_t i) { parsed[i] = parse_(texts[i]); });
  std::move(parsed.begin(), parsed.end(), std::back_inserter(parsed_));
  return {};
}

Result<std::optional<RowBlock>> TextReader::Next() {
  if (parsed_.empty()) TRY(ParseSome());
  if (parsed_.empty()) return std::optional<RowBlock>();
  ParsedText block = std::move(parsed_.front());
  parsed_.pop_front();
  if (block.fault) {
    return Error{Code::kInvalid, StrCat(file_.path(), ":", lines_ + 1 + block.fault->line, ": ", block.fault->what)};
  }
  block.rows.first = lines_ + 1;
  lines_ += block.lines;
  return std::optional<RowBlock>(std::move(block.rows));
}

}  // namespace lambdaml
