// SPDX-License-Identifier: Apache-2.0
#pragma once

// Comma-separated numbers, one row a line; ';' and tabs are known too. One column is the label: a number, or a text
// that names a class. The first line may hold names. A field may be quoted but not span lines.

#include "data/format.h"
#include "data/text_reader.h"

namespace lambdaml::csv {

bool Recognise(std::string_view path, std::string_view head);
Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions& options);

// How a file's lines are built; found from its first line and the options.
struct Layout {
  char separator = ',';
  std::size_t fields = 0;  // of a line, the label among them
  std::size_t label = 0;   // its position from 0
  bool names = false;      // labels are texts
};

ParsedText Parse(const Layout& layout, std::string_view text);

}  // namespace lambdaml::csv
