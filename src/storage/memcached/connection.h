// SPDX-License-Identifier: Apache-2.0
#pragma once

// A connection to one node, logged in. One thread at a time. Errors name the node; a node that does not answer in time
// is kUnavailable, as it may do so later. After an error the connection is of no further use.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/stream.h"
#include "storage/memcached/pipeline.h"
#include "storage/memcached/reply.h"

namespace lambdaml::memcached {

// How all nodes are spoken to.
struct Access {
  std::optional<TlsTrust> trust = {};  // nothing: without TLS
  std::string user = {};               // both empty: without logging in
  std::string password = {};
  Clock::Duration connect_time = std::chrono::seconds(5);
  Clock::Duration answer_time = std::chrono::seconds(10);
};

class Connection {
 public:
  // `clock` must outlive the connection.
  static Result<Connection> Open(const Endpoint& node, const Access& access, Clock& clock);

  Result<void> Send(const Pieces& pieces);
  Result<void> Send(std::string_view command);

  Result<Reply> ReadReply();
  Result<Bytes> ReadValue(std::uint64_t bytes);  // which follows a reply of kind kValue, and its line's end

  Result<std::string_view> ReadLine();                      // valid until the next call
  Result<std::size_t> ReadSome(std::span<std::byte> into);  // what has arrived, one byte or more

  // An error of the node's own.
  Error Refuse(Error error) const { return std::move(error).Context(node_.text()); }

  bool IsIdle() { return stream_.IsIdle(); }

 private:
  Connection(Endpoint node, Stream stream, const Access& access, Clock& clock)
      : node_(std::move(node)),
        stream_(std::move(stream)),
        over_tls_(access.trust.has_value()),
        answer_time_(access.answer_time),
        clock_(&clock) {}

  Result<void> LogIn(const Access& access);
  Result<void> SendAll(std::span<const ByteSpan> pieces);
  Clock::Time DeadlineFor(std::uint64_t bytes) const;

  Endpoint node_;
  Stream stream_;
  bool over_tls_;
  Clock::Duration answer_time_;
  Clock* clock_;
};

}  // namespace lambdaml::memcached
