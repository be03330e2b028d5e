// SPDX-License-Identifier: Apache-2.0
#pragma once

// What keys a node holds: the protocol has no command for it but `lru_crawler metadump`, which writes a line about each
// item. As `hash` it walks the server's hash table, which does not grow meanwhile, so that every key that is there from
// begin to end is told, whatever else is written; as `all` it would miss what moves between the server's lists.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/memcached/connection.h"

namespace lambdaml::memcached {

// Reads the lines, in whatever pieces they arrive.
class KeyDump {
 public:
  // Takes the keys that start with the prefix.
  explicit KeyDump(std::string_view wire_prefix) : wire_prefix_(wire_prefix) {}

  enum class State { kMore, kEnd, kBusy };

  // kInvalid when the server refuses or writes anything else. Busy: another dump is under way, and nothing came.
  Result<State> Take(std::string_view piece);

  std::vector<std::string> TakeKeys() && { return std::move(wire_keys_); }

 private:
  Result<State> TakeLine(std::string_view line);

  std::string wire_prefix_;
  std::string begun_;  // a line whose end has not arrived
  std::vector<std::string> wire_keys_;
};

// Of a node: Request, then Receive.
Result<void> RequestKeys(Connection& connection);
Result<std::vector<std::string>> ReceiveKeys(Connection& connection, std::string_view wire_prefix, Clock& clock);

}  // namespace lambdaml::memcached
