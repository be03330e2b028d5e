// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ratings, one a line: user, item, rating and whatever follows, between "," "::" ";" tabs or blanks (all of MovieLens'
// files). The first line may hold names. Users and items are whole numbers that count from 1, or from 0 where some
// number is 0. A row has two ones: user u is column u, item i column users + i; the label is the rating.

#include "data/format.h"
#include "data/text_reader.h"

namespace lambdaml::ratings {

bool Recognise(std::string_view path, std::string_view head);
Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions& options);

ParsedText Parse(std::string_view separator, std::string_view text);

}  // namespace lambdaml::ratings
