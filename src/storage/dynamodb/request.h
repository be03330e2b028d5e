// SPDX-License-Identifier: Apache-2.0
#pragma once

// Items, and the texts of requests about them. A value is encoded once, straight into the text that is sent.
//
// An item has the attributes
//   k  the key, with the store's prefix: the table's hash key, a string
//   v  the value, binary; none if it is empty
//   n  the number of the value's bytes, so that a size can be asked for without the value
//   e  when it expires, in seconds since 1970; none if never

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "storage/dynamodb/settings.h"
#include "storage/store.h"

namespace lambdaml::dynamodb {

// What DynamoDB allows in one call.
inline constexpr std::size_t kWritesMax = 25;
inline constexpr std::size_t kReadsMax = 100;

// An item may have 400 KB with its key and the names of its attributes; what is not the value or the key takes up to 17
// bytes.
inline constexpr std::size_t kValueBytesMax = std::size_t{400} * 1024 - (kPrefixBytesMax + kKeyBytesMax) - 64;

struct Write {
  std::string key;                  // with its prefix
  std::optional<ByteSpan> value;    // none: the item is deleted
  std::int64_t expires_unix_s = 0;  // 0: never
};

enum class Projection { kSize, kValue };

std::string BatchWriteText(const Settings& settings, std::span<const Write* const> writes);

// `now_unix_s` decides whether what is there has expired.
std::string ConditionalPutText(const Settings& settings, const Write& write, const PutItem& item,
                               std::int64_t now_unix_s);

std::string BatchReadText(const Settings& settings, std::span<const std::string* const> keys, Projection projection);

// The keys and sizes of what starts with `prefix` among one of `segments` parts of the table, from behind `after` on.
struct Scan {
  std::string prefix;
  std::size_t segment = 0;
  std::size_t segments = 1;
  std::string after = {};  // empty: from the start
};
std::string ScanText(const Settings& settings, const Scan& scan);

std::string CreateTableText(const Settings& settings);
std::string DescribeTableText(const Settings& settings);
std::string EnableTimeToLiveText(const Settings& settings);

}  // namespace lambdaml::dynamodb
