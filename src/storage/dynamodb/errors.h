// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an answer that is not 200 means, folded into the six codes. kConflict and kNotFound are for the store to
// interpret: a condition that failed or a table that exists, and a table that does not.

#include <string_view>

#include "net/http.h"
#include "storage/dynamodb/settings.h"

namespace lambdaml::dynamodb {

Error ErrorOf(const HttpResponse& response, std::string_view operation, const Settings& settings);

}  // namespace lambdaml::dynamodb
