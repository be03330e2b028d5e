// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include <algorithm>

namespace lambdaml {

namespace {

bool BeginsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

std::string TrimRight(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

std::size_t WidthOf(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), BeginsCharacter));
}

std::string Fit(std::string_view text, std::size_t width) {
  if (WidthOf(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::size_t bytes = 0;
  for (std::size_t characters = 0; bytes < text.size(); ++bytes) {
    if (BeginsCharacter(text[bytes]) && characters++ == width - 1) break;
  }
  return std::string(text.substr(0, bytes)) + "…";
}

std::string Table::Text() const {
  std::vector<std::size_t> widths;
  for (const Line& line : rows_) {
    widths.resize(std::max(widths.size(), line.cells.size()));
    for (std::size_t i = 0; i < line.cells.size(); ++i) widths[i] = std::max(widths[i], WidthOf(line.cells[i]));
  }
  std::string text;
  for (const Line& line : rows_) {
    std::string row = line.heading;
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      row += line.cells[i];
      row.append(widths[i] - WidthOf(line.cells[i]) + 2, ' ');
    }
    text += TrimRight(std::move(row)) + '\n';
  }
  return text;
}

}  // namespace lambdaml
