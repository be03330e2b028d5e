// SPDX-License-Identifier: Apache-2.0
#pragma once

// One node and the connections to it that are idle. May be used from several threads.

#include <mutex>
#include <string>
#include <vector>

#include "storage/memcached/connection.h"

namespace lambdaml::memcached {

// A connection that was in use before may turn out to be dead only when it is used again.
struct Borrowed {
  Connection connection;
  bool used_before = false;
};

class Node {
 public:
  // `clock` must outlive the node.
  Node(Endpoint endpoint, Access access, Clock& clock)
      : endpoint_(std::move(endpoint)), access_(std::move(access)), clock_(clock) {}

  Result<Borrowed> Borrow();
  Result<Connection> Connect() const { return Connection::Open(endpoint_, access_, clock_); }

  // Of a connection on which nothing is under way.
  void Return(Connection connection);

  std::string name() const { return endpoint_.text(); }

 private:
  const Endpoint endpoint_;
  const Access access_;
  Clock& clock_;
  std::mutex mutex_;
  std::vector<Connection> idle_;
};

}  // namespace lambdaml::memcached
