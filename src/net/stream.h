// SPDX-License-Identifier: Apache-2.0
#pragma once

// A byte stream to a server, over TCP or TLS, for protocols that have no library here. One stream serves one thread at
// a time. All calls block until they are done or the deadline has passed.
//
// Errors name the server: kUnavailable when it cannot be reached or the connection broke, kTimeout when the time was
// over, kInvalid when the server is not trusted or does not speak TLS, or when a line is longer than allowed. After any
// error the stream is of no further use.

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace lambdaml {

struct TlsOptions {
  std::string ca_file;  // PEM; empty: the system's
};

struct Endpoint {
  std::string host;
  int port = 0;

  // "host:port", "host" with `port_default`, "[::1]:port". kInvalid for anything else.
  static Result<Endpoint> Parse(std::string_view text, int port_default);

  // Whether it is this machine: localhost, 127.0.0.0/8 or ::1.
  bool IsLoopback() const;

  std::string text() const;  // "host:port"

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

class Stream {
 public:
  // With `tls`, the server's certificate must be valid for the endpoint's host.
  static Result<Stream> Connect(const Endpoint& endpoint, const TlsOptions* tls, Clock& clock, Clock::Time deadline);

  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();

  // Sends all pieces, one after another, without copying them together. Takes in what the server sends meanwhile, so
  // that neither side waits for the other for ever.
  Result<void> Send(std::span<const ByteSpan> pieces, Clock::Time deadline);
  Result<void> Send(std::string_view text, Clock::Time deadline);

  // The next line without its "\r\n"; valid until the next call.
  Result<std::string_view> ReadLine(std::size_t bytes_max, Clock::Time deadline);

  // Fills `into`, straight from the socket once the buffer is empty.
  Result<void> ReadExactly(std::span<std::byte> into, Clock::Time deadline);

  // Whether something can be read without blocking, now or within the time until `deadline`.
  Result<bool> Readable(Clock::Time deadline);

  // False if the server has closed the connection or sent something unasked: then an idle stream must not be used
  // again.
  bool IsIdle();

 private:
  class Connection;
  explicit Stream(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

}  // namespace lambdaml
