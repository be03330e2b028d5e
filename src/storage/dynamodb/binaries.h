// SPDX-License-Identifier: Apache-2.0
#pragma once

// Takes the binary values out of a JSON text before it is parsed.

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace lambdaml::dynamodb {

struct WithoutBinaries {
  std::string text;                        // with "#0", "#1", ... instead of the values
  std::vector<std::string_view> binaries;  // base64, into the text they came from

  // What a value "#1", or one that was left in its place, stands for.
  Result<Bytes> Decoded(std::string_view value) const;
};

// Every string that follows the name "B" and has no escapes. Whether it is JSON at all is the parser's to say.
WithoutBinaries TakeBinaries(std::string_view json);

}  // namespace lambdaml::dynamodb
