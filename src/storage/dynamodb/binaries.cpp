// SPDX-License-Identifier: Apache-2.0
#include "storage/dynamodb/binaries.h"

#include "base/base64.h"
#include "base/text.h"

namespace lambdaml::dynamodb {

namespace {

// Where the string that begins behind a quote ends, or npos. Most have no escape, so both are looked for at the speed
// of memchr.
std::size_t EndOfString(std::string_view json, std::size_t begin) {
  std::size_t quote = json.find('"', begin);
  while (quote != std::string_view::npos) {
    std::size_t backslashes = 0;
    while (quote - backslashes > begin && json[quote - backslashes - 1] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return quote;
    quote = json.find('"', quote + 1);
  }
  return quote;
}

}  // namespace

Result<Bytes> WithoutBinaries::Decoded(std::string_view value) const {
  if (!value.starts_with('#')) return BytesFromBase64(value);
  const std::optional<std::int64_t> index = ParseInteger(value.substr(1));
  if (!index || *index < 0 || static_cast<std::size_t>(*index) >= binaries.size())
    return Error{Code::kInvalid, "base64: a character outside of the alphabet"};
  return BytesFromBase64(binaries[static_cast<std::size_t>(*index)]);
}

WithoutBinaries TakeBinaries(std::string_view json) {
  WithoutBinaries taken;
  std::size_t copied = 0;
  std::size_t at = 0;
  std::string_view name;
  for (;;) {
    const std::size_t open = json.find('"', at);
    const std::size_t close = open == std::string_view::npos ? open : EndOfString(json, open + 1);
    if (close == std::string_view::npos) break;
    const std::string_view content = json.substr(open + 1, close - open - 1);
    const bool is_binary = name == "B" && Trim(json.substr(at, open - at)) == ":";
    if (is_binary && content.find('\\') == std::string_view::npos) {
      taken.text.append(json.substr(copied, open - copied)).append(StrCat("\"#", taken.binaries.size(), "\""));
      taken.binaries.push_back(content);
      copied = close + 1;
    }
    name = content;
    at = close + 1;
  }
  taken.text += json.substr(copied);
  return taken;
}

}  // namespace lambdaml::dynamodb
