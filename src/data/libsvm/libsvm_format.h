// SPDX-License-Identifier: Apache-2.0
#pragma once

// LIBSVM and SVMlight text: "label index:value index:value ... # comment", one row a line. Indices ascend within a row
// and count from 1, or from 0 where some index is 0. A "qid:n" is skipped.

#include "data/format.h"
#include "data/text_reader.h"

namespace lambdaml::libsvm {

bool Recognise(std::string_view path, std::string_view head);
Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions& options);

ParsedText Parse(std::string_view text);

}  // namespace lambdaml::libsvm
