// SPDX-License-Identifier: Apache-2.0
#include "storage/key_rules.h"

#include <algorithm>

#include "base/text.h"

namespace lambdaml {

Result<void> CheckKey(const Key& key, std::size_t bytes_max) {
  const std::string& text = key.text();
  if (text.empty()) return Error{Code::kInvalid, "a key is empty: give each value a name"};
  if (text.size() > bytes_max) {
    return Error{Code::kInvalid,
                 StrCat("the key ", text.substr(0, 40), "... has ", text.size(), " bytes: use at most ", bytes_max)};
  }
  const bool printable = std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; });
  if (printable && IsUtf8(text)) return {};
  return Error{Code::kInvalid, "a key is not UTF-8 or holds control characters: use printable text"};
}

Error ConflictError(const PutItem& item, const Store& store) {
  const std::string_view why = item.condition == Condition::kIfAbsent ? " exists already in " : " was changed in ";
  return {Code::kConflict, StrCat(item.key.text(), why, store.name())};
}

}  // namespace lambdaml
