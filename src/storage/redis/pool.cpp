// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/pool.h"

namespace lambdaml::redis {

namespace {
constexpr std::size_t kIdleMax = 64;
}

std::unique_ptr<Connection> Pool::TakeIdle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  std::unique_ptr<Connection> connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

Result<Pool::Lease> Pool::Borrow() {
  while (std::unique_ptr<Connection> idle = TakeIdle()) {
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
