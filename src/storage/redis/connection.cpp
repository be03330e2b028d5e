// SPDX-License-Identifier: Apache-2.0
#include "storage/redis/connection.h"

#include "base/text.h"
#include "storage/redis/server_error.h"

namespace lambdaml::redis {

namespace {

using std::chrono::seconds;

constexpr std::size_t kBytesPerSecondMin = 1'000'000;  // slower is taken for dead

std::string_view FieldOf(const Reply& map, std::string_view name) {
  for (std::size_t i = 0; i + 1 < map.elements.size(); i += 2) {
    if (map.elements[i].bulk.text() == name) return map.elements[i + 1].bulk.text();
  }
  return {};
}

Commands LogInCommands(const Settings& settings) {
  Commands commands;
  if (settings.user.empty() && settings.password.empty()) {
    commands.Command("HELLO", "3");
  } else {
    commands.Command("HELLO", "3", "AUTH", settings.user.empty() ? "default" : settings.user, settings.password);
  }
  if (settings.database != 0) commands.Command("SELECT", std::int64_t{settings.database});
  return commands;
}

// The command for those of `channels` that are not among `others`.
void AddDifference(Commands& commands, std::string_view command, const std::set<std::string>& channels,
                   const std::set<std::string>& others) {
  std::vector<std::string_view> different;
  for (const std::string& channel : channels) {
    if (!others.contains(channel)) different.push_back(channel);
  }
  if (different.empty()) return;
  commands.Begin(1 + different.size());
  commands.Add(command);
  for (const std::string_view channel : different) commands.Add(channel);
}

}  // namespace

class Connection::Source final : public ByteSource {
 public:
  explicit Source(Connection& connection) : connection_(connection) {}

  Result<std::string_view> Line(std::size_t bytes_max) override {
    return connection_.stream_.ReadLine(bytes_max, connection_.DeadlineFor(0));
  }
  Result<void> Exactly(std::span<std::byte> into) override {
    return connection_.stream_.ReadExactly(into, connection_.DeadlineFor(into.size()));
  }

 private:
  Connection& connection_;
};

Result<std::unique_ptr<Connection>> Connection::Open(const Settings& settings, Clock& clock) {
  Result<Stream> stream = Stream::Connect(settings.endpoint, settings.trust ? &*settings.trust : nullptr, clock,
                                          clock.Now() + settings.connect_time);
  if (!stream.ok()) {
    Error error = std::move(stream).error();
    if (error.code == Code::kTimeout) error.code = Code::kUnavailable;
    return error;
  }
  std::unique_ptr<Connection> connection(new Connection(std::move(stream).value(), settings, clock));
  TRY(connection->LogIn(settings));
  return connection;
}

Result<void> Connection::LogIn(const Settings& settings) {
  const bool selects = settings.database != 0;
  TRY(Send(LogInCommands(settings), selects ? 2 : 1));
  const Reply hello = TRY(NextGood());
  if (!hello.Is(Reply::Kind::kArray)) return Unexpected();
  const std::string_view mode = FieldOf(hello, "mode");
  if (mode == "cluster" || mode == "sentinel") {
    return Error{Code::kInvalid, StrCat(endpoint_.text(), ": this server is in ", mode,
                                        " mode, which is not supported: use a server with cluster mode off")};
  }
  if (selects) TRY(NextGood());
  return {};
}

Clock::Time Connection::DeadlineFor(std::size_t bytes) const {
  return clock_.Now() + answer_time_ + seconds(bytes / kBytesPerSecondMin);
}

Error Connection::Broken(Error error) {
  broken_ = true;
  if (error.code == Code::kTimeout) error.code = Code::kUnavailable;
  if (error.message.find(endpoint_.text()) != std::string::npos) return error;
  return std::move(error).Context(endpoint_.text());
}

Result<void> Connection::Send(const Commands& commands, std::size_t replies) {
  Result<void> sent = stream_.Send(commands.Pieces(), DeadlineFor(commands.bytes()));
  if (!sent.ok()) return Broken(std::move(sent).error());
  awaited_ += replies;
  return {};
}

void Connection::ListenTo(std::set<std::string> channels, Commands& commands) {
  AddDifference(commands, "UNSUBSCRIBE", channels_, channels);
  AddDifference(commands, "SUBSCRIBE", channels, channels_);
  channels_ = std::move(channels);
}

Result<Reply> Connection::Read() {
  Source source(*this);
  Result<Reply> reply = ReadReply(source);
  if (!reply.ok()) return Broken(std::move(reply).error());
  return reply;
}

Result<Reply> Connection::NextOfAny() {
  Reply reply = TRY(Read());
  if (reply.Is(Reply::Kind::kPush)) return reply;
  if (awaited_ == 0) return Broken(Unexpected());
  --awaited_;
  return reply;
}

Result<Reply> Connection::Next(const PushSink& sink) {
  for (;;) {
    Reply reply = TRY(NextOfAny());
    if (!reply.Is(Reply::Kind::kPush)) return reply;
    if (sink) sink(std::move(reply));
  }
}

Result<Reply> Connection::NextGood(const PushSink& sink) {
  Reply reply = TRY(Next(sink));
  if (reply.Is(Reply::Kind::kError)) return ErrorOf(reply);
  return reply;
}

Result<bool> Connection::Readable(Clock::Time deadline) {
  Result<bool> readable = stream_.Readable(deadline);
  if (!readable.ok()) return Broken(std::move(readable).error());
  return readable;
}

Error Connection::ErrorOf(const Reply& reply) const { return ServerError(reply.text).Context(endpoint_.text()); }

Error Connection::Unexpected() const {
  return {Code::kInvalid,
          StrCat(endpoint_.text(), ": the server's answer does not fit the request: is it of another kind?")};
}

bool Connection::IsAlive() {
  for (;;) {
    const Result<bool> readable = Readable({});
    if (!readable.ok()) return false;
    if (!readable.value()) return true;
    if (!NextOfAny().ok()) return false;
  }
}

}  // namespace lambdaml::redis
