// SPDX-License-Identifier: Apache-2.0
#include "net/transport.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/text.h"

namespace lambdaml {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPollMax = std::chrono::hours(1);

struct AddressesDeleter {
  void operator()(addrinfo* addresses) const { freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, AddressesDeleter>;

bool WouldBlock(int error_number) { return error_number == EAGAIN || error_number == EWOULDBLOCK; }

Result<Addresses> LookUp(const Endpoint& endpoint) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(endpoint.host.c_str(), StrCat(endpoint.port).c_str(), &wanted, &found);
  if (error != 0) {
    return StreamError(Code::kUnavailable, endpoint, StrCat("cannot find this host: ", gai_strerror(error)));
  }
  return Addresses(found);
}

// Small messages leave at once, and a server that has vanished is noticed within a minute.
void SetOptions(int socket) {
  const auto set = [socket](int level, int option, int value) {
    setsockopt(socket, level, option, &value, sizeof(value));
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

Result<FileDescriptor> ConnectTo(const addrinfo& address, const Endpoint& endpoint, Clock& clock,
                                 Clock::Time deadline) {
  FileDescriptor made(socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (!made.open()) return BrokenConnection(endpoint, errno);
  SetOptions(made.get());
  if (connect(made.get(), address.ai_addr, address.ai_addrlen) == 0) return made;
  if (errno != EINPROGRESS) return BrokenConnection(endpoint, errno);
  if (!AwaitSocket(made.get(), Step::End::kNeedsOutput, clock, deadline)) {
    return StreamError(Code::kTimeout, endpoint, "cannot connect in time");
  }
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(made.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return BrokenConnection(endpoint, error);
  return made;
}

class SocketTransport final : public Transport {
 public:
  SocketTransport(FileDescriptor socket, Endpoint endpoint)
      : socket_(std::move(socket)), endpoint_(std::move(endpoint)) {}

  Result<Step> Write(std::span<const iovec> pieces) override {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    return StepOf([this, &message] { return sendmsg(socket_.get(), &message, MSG_NOSIGNAL); }, Step::End::kNeedsOutput);
  }

  Result<Step> Read(std::span<std::byte> into) override {
    return StepOf([this, into] { return recv(socket_.get(), into.data(), into.size(), 0); }, Step::End::kNeedsInput);
  }

  int socket() const override { return socket_.get(); }

 private:
  template <class Call>
  Result<Step> StepOf(const Call& call, Step::End blocked) const {
    ssize_t moved = 0;
    do moved = call();
    while (moved < 0 && errno == EINTR);
    if (moved > 0) return Step{Step::End::kMoved, static_cast<std::size_t>(moved)};
    if (moved == 0) return Step{Step::End::kClosed, 0};
    if (WouldBlock(errno)) return Step{blocked, 0};
    return BrokenConnection(endpoint_, errno);
  }

  FileDescriptor socket_;
  Endpoint endpoint_;
};

}  // namespace

Error StreamError(Code code, const Endpoint& endpoint, std::string_view what) {
  return {code, StrCat(endpoint.text(), ": ", what)};
}

Error BrokenConnection(const Endpoint& endpoint, int error_number) {
  return StreamError(Code::kUnavailable, endpoint, std::generic_category().message(error_number));
}

bool AwaitSocket(int socket, Step::End needed, Clock& clock, Clock::Time deadline) {
  const int events = needed == Step::End::kNeedsInput ? POLLIN : POLLIN | POLLOUT;
  pollfd polled{.fd = socket, .events = static_cast<short>(events), .revents = 0};
  for (;;) {
    const Clock::Time now = clock.Now();
    if (now >= deadline) return false;  // the step before this has just found that the socket is not ready
    const auto left = std::chrono::ceil<milliseconds>(std::min<Clock::Duration>(deadline - now, kPollMax));
    if (poll(&polled, 1, static_cast<int>(left.count())) > 0) return true;
  }
}

Result<FileDescriptor> ConnectSocket(const Endpoint& endpoint, Clock& clock, Clock::Time deadline) {
  const Addresses addresses = TRY(LookUp(endpoint));
  int left = 0;
  for (const addrinfo* at = addresses.get(); at != nullptr; at = at->ai_next) ++left;
  Result<FileDescriptor> connected = StreamError(Code::kUnavailable, endpoint, "this host has no address");
  for (const addrinfo* at = addresses.get(); at != nullptr; at = at->ai_next, --left) {
    // An address that does not answer leaves time for the others.
    const Clock::Time now = clock.Now();
    const Clock::Time end = deadline > now ? now + (deadline - now) / left : deadline;
    connected = ConnectTo(*at, endpoint, clock, end);
    if (connected.ok()) break;
  }
  return connected;
}

std::unique_ptr<Transport> PlainTransport(FileDescriptor socket, const Endpoint& endpoint) {
  return std::make_unique<SocketTransport>(std::move(socket), endpoint);
}

}  // namespace lambdaml
