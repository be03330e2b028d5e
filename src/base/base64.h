// SPDX-License-Identifier: Apache-2.0
#pragma once

// Base64 as in RFC 4648, with padding.

#include <string>
#include <string_view>

#include "base/result.h"

namespace lambdaml {

std::string ToBase64(std::string_view bytes);

// kInvalid for a character, a length or a padding that no encoder writes.
Result<std::string> FromBase64(std::string_view text);

}  // namespace lambdaml
