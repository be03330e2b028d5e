// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows of texts in columns as wide as their widest cell; headings between them. A cell's width is counted in
// characters, not bytes.

#include <string>
#include <string_view>
#include <vector>

namespace lambdaml {

class Table {
 public:
  void Heading(std::string text) { rows_.push_back({.heading = std::move(text), .cells = {}}); }
  void Row(std::vector<std::string> cells) { rows_.push_back({.heading = {}, .cells = std::move(cells)}); }

  // Every line ends with a newline and has no blanks before it.
  std::string Text() const;

 private:
  struct Line {
    std::string heading;
    std::vector<std::string> cells;
  };
  std::vector<Line> rows_;
};

// Characters of a UTF-8 text.
std::size_t WidthOf(std::string_view text);

// `text` cut to `width` characters, the last one an ellipsis if anything was cut.
std::string Fit(std::string_view text, std::size_t width);

}  // namespace lambdaml
