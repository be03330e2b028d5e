// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows of a text format with one row a line. Blocks of whole lines are read one after the other and parsed on several
// threads; a format gives the function that parses one block. Line ends are \n or \r\n; the last may be missing.

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

class TextReader final : public RowReader {
 public:
  static constexpr std::size_t kBlockBytes = std::size_t{4} << 20U;

  TextReader(InputFile file, ParseText parse, std::size_t threads);

  // The first line that is neither empty nor a comment ('#'), without its end. It remains to be parsed, until it is
  // dropped. Both before the first Next.
  Result<std::string> FirstLine();
  Result<void> DropFirstLine();

  Result<std::optional<RowBlock>> Next() override;
  double share() const override { return file_.share(); }

 private:
  // Fills rest_ with whole lines and returns where in it the first line with content stands.
  Result<std::string_view> Peek();
  // The next whole lines; an empty text at the end.
  Result<std::string_view> Fill(RawVector<char>& buffer);
  Result<void> ParseSome();

  InputFile file_;
  ParseText parse_;
  std::vector<RawVector<char>> buffers_;  // one a thread
  RawVector<char> rest_;                  // of a line that the last block cut
  std::deque<ParsedText> parsed_;
  std::uint64_t lines_ = 0;  // given out or dropped
};

}  // namespace lambdaml
