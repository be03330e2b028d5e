// SPDX-License-Identifier: Apache-2.0
#pragma once

// What carries the bytes of a Stream: a socket, as it is or with TLS over it. Nothing here blocks but Connect functions
// and AwaitSocket. Errors are as those of a Stream.

#include <sys/uio.h>

#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "net/endpoint.h"
#include "net/tls_trust.h"

namespace lambdaml {

struct Step {
  enum class End {
    kMoved,        // `bytes` of them, at least one
    kNeedsInput,   // nothing moves before the socket is readable
    kNeedsOutput,  // ... is writable
    kClosed,       // by the server
  };
  End end = End::kMoved;
  std::size_t bytes = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // After a step that moved nothing, the next one must begin with the same bytes.
  virtual Result<Step> Write(std::span<const iovec> pieces) = 0;
  virtual Result<Step> Read(std::span<std::byte> into) = 0;
  virtual int socket() const = 0;
};

Result<FileDescriptor> ConnectSocket(const Endpoint& endpoint, Clock& clock, Clock::Time deadline);

// Whether the socket becomes ready for the step before the deadline. Asked after a step that needed it.
bool AwaitSocket(int socket, Step::End needed, Clock& clock, Clock::Time deadline);

std::unique_ptr<Transport> PlainTransport(FileDescriptor socket, const Endpoint& endpoint);

// Returns after the handshake, with a server that has proved to be the endpoint's host.
Result<std::unique_ptr<Transport>> ConnectTls(FileDescriptor socket, const Endpoint& endpoint, const TlsTrust& trust,
                                              Clock& clock, Clock::Time deadline);

// "host:port: what happened".
Error StreamError(Code code, const Endpoint& endpoint, std::string_view what);

// kUnavailable, with the system's words for it.
Error BrokenConnection(const Endpoint& endpoint, int error_number);

}  // namespace lambdaml
