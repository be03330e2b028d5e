// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the server's own words for an error mean to the caller.

#include <string_view>

#include "base/result.h"

namespace lambdaml::redis {

// `text` begins with the word of the error, as "NOAUTH Authentication required.". What the server repeats of a command
// is left out, as it may hold a password.
Error ServerError(std::string_view text);

}  // namespace lambdaml::redis
