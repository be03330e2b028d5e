// SPDX-License-Identifier: Apache-2.0
#pragma once

// The server behind a store's URL, for what no key tells: whether it answers, and what time and room it has. It is
// asked without a store, so an answer takes one exchange, is not tried again, and needs no permission.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace lambdaml {

struct ServerState {
  std::optional<std::int64_t> unix_ms = {};      // its clock's time, not known more exactly than to precision_ms:
  std::int64_t precision_ms = 0;                 // it was unix_ms at least, and less than that and precision_ms
  std::optional<std::uint64_t> room_bytes = {};  // for further values
  std::string caution = {};                      // why values may go that nobody deletes; empty: they stay
};

struct StoreServer {
  std::string address = {};    // "127.0.0.1:6379", as messages name it; the same for all stores on it
  bool checks_clocks = false;  // requests are signed with their time, and refused if that is far from the server's
  std::function<Result<ServerState>(Clock::Duration patience)> ask;
};

}  // namespace lambdaml
