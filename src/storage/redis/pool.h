// SPDX-License-Identifier: Apache-2.0
#pragma once

// The connections of a store: each call borrows one, and it goes back when the lease ends. May be used from several
// threads.

#include <memory>
#include <mutex>
#include <vector>

#include "storage/redis/connection.h"

namespace lambdaml::redis {

class Pool {
 public:
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection) : pool_(pool), connection_(std::move(connection)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_) pool_.Return(std::move(connection_));
    }

    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    Pool& pool_;
    std::unique_ptr<Connection> connection_;
  };

  // `clock` must outlive the pool.
  Pool(Settings settings, Clock& clock) : settings_(std::move(settings)), clock_(clock) {}

  // What a connection is borrowed for. One that listens must not write: the server puts the announcement of its own
  // write in the midst of the write's reply.
  enum class Use { kRequests, kWaiting };

  // One that is open, if there is a fitting one, or a new one.
  Result<Lease> Borrow(Use use = Use::kRequests);

  const Settings& settings() const { return settings_; }

 private:
  std::unique_ptr<Connection> TakeIdle(Use use);
  void Return(std::unique_ptr<Connection> connection);

  const Settings settings_;
  Clock& clock_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace lambdaml::redis
