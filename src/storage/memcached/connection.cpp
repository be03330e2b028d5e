// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/connection.h"

#include "base/text.h"

namespace lambdaml::memcached {

namespace {

constexpr std::uint64_t kBytesPerSecondMin = 10'000'000;  // slower than any network that functions have

// The time is up for this try, not for the caller.
template <class T>
Result<T> OrUnavailable(Result<T> result) {
  if (result.ok() || result.error().code != Code::kTimeout) return result;
  return Error{Code::kUnavailable, std::move(result).error().message};
}

}  // namespace

Clock::Time Connection::DeadlineFor(std::uint64_t bytes) const {
  return clock_->Now() + answer_time_ + std::chrono::seconds(bytes / kBytesPerSecondMin);
}

Result<Connection> Connection::Open(const Endpoint& node, const Access& access, Clock& clock) {
  const TlsTrust* const trust = access.trust ? &*access.trust : nullptr;
  Result<Stream> stream = OrUnavailable(Stream::Connect(node, trust, clock, clock.Now() + access.connect_time));
  if (!stream.ok() && stream.error().code == Code::kInvalid && trust != nullptr) {
    return Error{Code::kInvalid, StrCat(stream.error().message, " (?tls=off and ?ca=FILE in the URL change that)")};
  }
  Connection connection(node, TRY(std::move(stream)), access, clock);
  if (!access.user.empty()) TRY(connection.LogIn(access));
  return connection;
}

// The password is sent only to a server that asks for one: any other would keep it, as an item that all can read.
Result<void> Connection::LogIn(const Access& access) {
  TRY(Send("mn\r\n"));
  const std::string_view asks = TRY(ReadLine());
  if (asks == "MN") return {};
  if (asks != "CLIENT_ERROR unauthenticated") return Refuse(RefusalOf(asks));
  const std::string credentials = StrCat(access.user, " ", access.password);
  TRY(Send(StrCat("set lambdaml 0 0 ", credentials.size(), "\r\n", credentials, "\r\n")));
  if (TRY(ReadLine()) == "STORED") return {};
  return Refuse({Code::kInvalid, "the server does not accept this user and password"});
}

Result<void> Connection::SendAll(std::span<const ByteSpan> pieces) {
  std::uint64_t bytes = 0;
  for (const ByteSpan piece : pieces) bytes += piece.size();
  return OrUnavailable(stream_.Send(pieces, DeadlineFor(bytes)));
}

Result<void> Connection::Send(const Pieces& pieces) {
  if (!over_tls_) return SendAll(pieces.all);
  std::size_t begin = 0;
  for (const std::size_t end : pieces.segment_ends) {
    TRY(SendAll(std::span(pieces.all).subspan(begin, end - begin)));
    begin = end;
  }
  return {};
}

Result<void> Connection::Send(std::string_view command) {
  const ByteSpan piece = AsBytes(command);
  return SendAll({&piece, 1});
}

Result<Reply> Connection::ReadReply() {
  Result<Reply> reply = ParseReply(TRY(ReadLine()));
  if (!reply.ok()) return Refuse(std::move(reply).error());
  return reply;
}

Result<Bytes> Connection::ReadValue(std::uint64_t bytes) {
  Bytes value(bytes);
  TRY(OrUnavailable(stream_.ReadExactly(value, DeadlineFor(bytes))));
  if (TRY(ReadLine()).empty()) return value;
  return Refuse({Code::kUnavailable, "the server sent a value of another size than it had said"});
}

Result<std::string_view> Connection::ReadLine() {
  return OrUnavailable(stream_.ReadLine(kReplyLineBytesMax, DeadlineFor(0)));
}

Result<std::size_t> Connection::ReadSome(std::span<std::byte> into) {
  return OrUnavailable(stream_.ReadSome(into, DeadlineFor(0)));
}

}  // namespace lambdaml::memcached
