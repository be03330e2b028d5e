// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/pool.h"

#include <algorithm>

namespace lambdaml::redis {

namespace {
constexpr std::size_t kIdleMax = 64;
}

std::unique_ptr<Connection> Pool::TakeIdle(Use use) {
  const std::lock_guard lock(mutex_);
  const auto fits = [use](const auto& connection) { return connection->listens() == (use == Use::kWaiting); };
  const auto found = std::find_if(idle_.begin(), idle_.end(), fits);
  if (found == idle_.end()) return nullptr;
  std::unique_ptr<Connection> connection = std::move(*found);
  idle_.erase(found);
  return connection;
}

Result<Pool::Lease> Pool::Borrow(Use use) {
  while (std::unique_ptr<Connection> idle = TakeIdle(use)) {
    if (idle->IsAlive()) return Lease(*this, std::move(idle));
  }
  return Lease(*this, TRY(Connection::Open(settings_, clock_)));
}

// When one connection has broken, others of its age are as dead: a function that was frozen finds all of them cut.
void Pool::Return(std::unique_ptr<Connection> connection) {
  std::vector<std::unique_ptr<Connection>> dropped;  // closed without the lock
  const std::lock_guard lock(mutex_);
  if (connection->broken()) {
    dropped.swap(idle_);
  } else if (connection->in_step() && idle_.size() < kIdleMax) {
    idle_.push_back(std::move(connection));
  }
}

}  // namespace lambdaml::redis
