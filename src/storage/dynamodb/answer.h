// SPDX-License-Identifier: Apache-2.0
#pragma once

// What DynamoDB answers. A text that is cut short is kUnavailable, one that means something else kInvalid. Values are
// decoded straight out of the text, which a parser of JSON would first copy character by character.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace lambdaml::dynamodb {

struct StoredItem {
  std::string key;  // with its prefix
  Blob value = {};  // if it was asked for
  std::uint64_t value_bytes = 0;
  std::int64_t expires_unix_s = 0;  // 0: never
};

struct BatchReadAnswer {
  std::vector<StoredItem> items;
  std::vector<std::string> unprocessed;  // keys to be asked for again
};

struct ScanAnswer {
  std::vector<StoredItem> items;
  std::optional<std::string> last_key;  // there is more behind it
};

Result<BatchReadAnswer> ParseBatchRead(std::string_view text, const std::string& table);

// Keys that are still to be written or deleted.
Result<std::vector<std::string>> ParseBatchWrite(std::string_view text, const std::string& table);

Result<ScanAnswer> ParseScan(std::string_view text);

// "ACTIVE", "CREATING", ...
Result<std::string> ParseTableStatus(std::string_view text);

}  // namespace lambdaml::dynamodb
