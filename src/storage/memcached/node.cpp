// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/node.h"

#include <optional>

namespace lambdaml::memcached {

Result<Borrowed> Node::Borrow() {
  for (;;) {
    std::optional<Connection> idle;
    {
      const std::lock_guard lock(mutex_);
      if (idle_.empty()) break;
      idle.emplace(std::move(idle_.back()));
      idle_.pop_back();
    }
    if (idle->IsIdle()) return Borrowed{.connection = std::move(*idle), .used_before = true};
  }
  return Borrowed{.connection = TRY(Connect())};
}

void Node::Return(Connection connection) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
}

}  // namespace lambdaml::memcached
