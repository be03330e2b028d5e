// SPDX-License-Identifier: Apache-2.0
#pragma once

// Comma-separated values, also with ';' or tabs (RFC 4180, csv_fields.h). One column is the label: a number, or a text
// that names a class. The first line may hold names. Columns of texts may be hashed: rows are then sparse, the columns
// of numbers first and the hashed ones behind them (csv_hash.h). Criteo's click logs are such a file without names:
// tabs, the label, 13 counts and 26 texts, all hashed.

#include "data/csv/csv_parser.h"
#include "data/format.h"

namespace lambdaml::csv {

bool Recognise(std::string_view path, std::string_view head);
Result<ImportOptions> Settle(const SplitFiles& train, const ImportOptions& options);
Result<std::unique_ptr<RowReader>> Open(const SplitFiles& files, const ImportOptions& options);

bool RecogniseCriteo(std::string_view path, std::string_view head);
Result<ImportOptions> SettleCriteo(const SplitFiles& train, const ImportOptions& options);
Result<std::unique_ptr<RowReader>> OpenCriteo(const SplitFiles& files, const ImportOptions& options);

}  // namespace lambdaml::csv
