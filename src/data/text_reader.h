// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows of a text format with one row a record, which is a line unless the format says otherwise. Blocks of whole
// records are read one after the other and parsed on several threads; a format gives the function that parses one
// block. Line ends are \n or \r\n; the last may be missing.

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/format.h"
#include "data/input_file.h"

namespace lambdaml {

// Rows out of one block of text, and the first fault in it.
struct ParsedText {
  struct Fault {
    std::uint32_t line = 0;  // from 0, of the block
    std::string what;
  };

  RowBlock rows;
  std::uint32_t lines = 0;  // of the block
  std::optional<Fault> fault;
};

// Ends in '\n' and has number::kNumberPadding readable bytes behind it.
using ParseText = std::function<ParsedText(std::string_view text)>;

// How many bytes of `text`, which begins with a record, are whole records with their line ends.
using WholeRecords = std::size_t (*)(std::string_view text);
std::size_t WholeLines(std::string_view text);

class TextReader final : public RowReader {
 public:
  static constexpr std::size_t kBlockBytes = std::size_t{4} << 20U;

  TextReader(InputFile file, ParseText parse, std::size_t threads, WholeRecords whole = WholeLines);

  // The first record that is neither empty nor a comment ('#'), without its line end. It remains to be parsed, until it
  // is dropped. Both before the first Next.
  Result<std::string> FirstRecord();
  Result<void> DropFirstRecord();

  // The first megabytes, from the first record on. Before the first Next; holds until the next call.
  Result<std::string_view> Head();

  Result<std::optional<RowBlock>> Next() override;
  double share() const override { return file_.share(); }

 private:
  std::string_view FirstOf(std::string_view text) const;
  // The next whole records; an empty text at the end.
  Result<std::string_view> Fill(RawVector<char>& buffer);
  Result<void> ParseSome();

  InputFile file_;
  ParseText parse_;
  WholeRecords whole_;
  std::vector<RawVector<char>> buffers_;  // one a thread
  RawVector<char> rest_;                  // of a record that the last block cut
  std::deque<ParsedText> parsed_;
  std::uint64_t lines_ = 0;  // given out or dropped
};

}  // namespace lambdaml
