// SPDX-License-Identifier: Apache-2.0
#pragma once

// YFCC100M's features with the tags of their photo, one row a line: "tag:score,tag:score v1 v2 ... v4096". Rows that
// have the tag of option `positive`, with whatever score, are class 1, all others class 0. A line may have no tags and
// begin with its values. Rows are dense and equally long.

#include "data/format.h"
#include "data/text_reader.h"

namespace lambdaml::yfcc {

bool Recognise(std::string_view path, std::string_view head);
Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions& options);

// `columns` are the values of a row.
ParsedText Parse(std::string_view positive, std::size_t columns, std::string_view text);

}  // namespace lambdaml::yfcc
