// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a server that speaks HTTP tells anybody: that it is there, and the time.

#include <optional>
#include <string>
#include <string_view>

#include "storage/server.h"

namespace lambdaml {

// By the header Date of whatever it answers to a GET of `url`, which is in whole seconds. `ca_file` as in
// HttpClientOptions.
Result<ServerState> AskByHttp(const std::string& url, const std::string& ca_file, Clock::Duration patience);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7, IMF-fixdate) in Unix milliseconds.
std::optional<std::int64_t> ParseHttpDate(std::string_view text);

}  // namespace lambdaml
