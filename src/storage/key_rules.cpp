// SPDX-License-Identifier: Apache-2.0
#include "storage/key_rules.h"

#include "base/text.h"

namespace lambdaml {

Result<void> CheckKey(const Key& key) {
  if (key.empty()) return Error{Code::kInvalid, "a key is empty: give each value a name"};
  if (key.text().size() <= kKeyBytesMax) return {};
  return Error{Code::kInvalid, StrCat("the key ", key.text().substr(0, 40), "... has ", key.text().size(),
                                      " bytes: use at most ", kKeyBytesMax)};
}

}  // namespace lambdaml
