// SPDX-License-Identifier: Apache-2.0
#pragma once

// A byte stream to a server, over TCP or TLS, for protocols that have no library here. One stream serves one thread at
// a time. All calls block until they are done or the deadline has passed; what can be done at once is done even when it
// has. Only looking up a host's name may take longer.
//
// Errors name the server: kUnavailable when it cannot be reached or the connection broke, kTimeout when the time was
// over, kInvalid when the server is not trusted or does not speak TLS, when a line is longer than allowed or does not
// end in CR LF, or when more arrives unread than is sensible. After any error the stream is of no further use.

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/endpoint.h"
#include "net/tls_trust.h"

namespace lambdaml {

class Stream {
 public:
  // With `trust` over TLS: then the server's certificate must be valid for the endpoint's host. `clock` must outlive
  // the stream.
  static Result<Stream> Connect(const Endpoint& endpoint, const TlsTrust* trust, Clock& clock, Clock::Time deadline);

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

  // What has arrived, one byte or more, for what is not in lines of CR LF. Gives the number of bytes.
  Result<std::size_t> ReadSome(std::span<std::byte> into, Clock::Time deadline);

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
