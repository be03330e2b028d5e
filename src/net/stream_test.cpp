// SPDX-License-Identifier: Apache-2.0
#include "net/stream.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "base/file.h"
#include "base/text.h"

namespace lambdaml {

namespace {

constexpr std::chrono::minutes kLong{1};

// Gives every connection on a port of its own to `serve`, one after another.
class Peer {
 public:
  explicit Peer(std::function<void(int socket)> serve) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_.get(), 8), 0);
    getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    endpoint_ = {.host = "127.0.0.1", .port = ntohs(address.sin_port)};
    thread_ = std::jthread([this, serve = std::move(serve)] {
      for (;;) {
        const FileDescriptor peer(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!peer.open()) return;
        serve(peer.get());
      }
    });
  }
  ~Peer() { shutdown(socket_.get(), SHUT_RDWR); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  const Endpoint& endpoint() const { return endpoint_; }

 private:
  FileDescriptor socket_;
  Endpoint endpoint_;
  std::jthread thread_;
};

void Say(int socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// Until the other side closes.
void Ignore(int socket) {
  char ignored[4096];
  while (recv(socket, ignored, sizeof(ignored), 0) > 0) continue;
}

// Sends everything back.
void Echo(int socket) {
  char bytes[65536];
  for (ssize_t got = 0; (got = recv(socket, bytes, sizeof(bytes), 0)) > 0;) {
    Say(socket, {bytes, static_cast<std::size_t>(got)});
  }
}

std::string Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class StreamTest : public ::testing::Test {
 protected:
  Stream Connect(const Peer& peer) {
    auto stream = Stream::Connect(peer.endpoint(), nullptr, clock_, Later());
    EXPECT_TRUE(stream.ok()) << stream.error().message;
    return std::move(stream).value();
  }
  Clock::Time Later() const { return clock_.Now() + kLong; }

  std::string Line(Stream& stream, std::size_t bytes_max = 1000) {
    const auto line = stream.ReadLine(bytes_max, Later());
    return line.ok() ? std::string(line.value()) : line.error().message;
  }
  std::string Exactly(Stream& stream, std::size_t size) {
    Bytes bytes(size);
    const auto read = stream.ReadExactly(bytes, Later());
    return read.ok() ? Text(bytes) : read.error().message;
  }

  SystemClock clock_;
};

TEST_F(StreamTest, LinesAndBytesComeAsTheyWereSent) {
  const Peer peer([](int socket) {
    Say(socket, "first\r\n\r\nbytes\r\n.last\r\n");
    Ignore(socket);
  });
  Stream stream = Connect(peer);
  EXPECT_EQ(Line(stream), "first");
  EXPECT_EQ(Line(stream), "");
  EXPECT_EQ(Exactly(stream, 8), "bytes\r\n.");
  EXPECT_EQ(Exactly(stream, 0), "");
  EXPECT_EQ(Line(stream), "last");
}

TEST_F(StreamTest, SomeIsWhatHasArrived) {
  const Peer peer([](int socket) {
    Say(socket, "line\r\nEND");
    Ignore(socket);
  });
  Stream stream = Connect(peer);
  EXPECT_EQ(Line(stream), "line");
  Bytes bytes(2);
  std::string all;
  while (all.size() < 3) {
    const auto size = stream.ReadSome(bytes, Later());
    ASSERT_TRUE(size.ok()) << size.error().message;
    ASSERT_GT(size.value(), 0U);
    all += Text(std::span(bytes).first(size.value()));
  }
  EXPECT_EQ(all, "END");
  EXPECT_EQ(stream.ReadSome({}, Later()).value(), 0U);
  EXPECT_EQ(stream.ReadSome(bytes, clock_.Now()).error().code, Code::kTimeout);
}

TEST_F(StreamTest, PiecesAreSentInTheirOrderHoweverManyAndLarge) {
  const Peer peer(&Echo);
  Stream stream = Connect(peer);
  std::vector<std::string> texts = {"", "a", std::string(3'000'000, 'b'), "", ""};
  for (int i = 0; i < 1000; ++i) texts.push_back(StrCat(i));
  texts.emplace_back();
  std::string all;
  std::vector<ByteSpan> pieces;
  for (const std::string& text : texts) {
    all += text;
    pieces.push_back(AsBytes(text));
  }
  // The peer sends back before it has everything: neither side may wait for the other.
  const auto sent = stream.Send(pieces, Later());
  ASSERT_TRUE(sent.ok()) << sent.error().message;
  ASSERT_TRUE(stream.Send("end", Later()).ok());
  EXPECT_TRUE(stream.Send(std::span<const ByteSpan>(), Later()).ok());
  EXPECT_TRUE(Exactly(stream, all.size()) == all);
  EXPECT_EQ(Exactly(stream, 3), "end");
}

TEST_F(StreamTest, ALineThatIsTooLongIsRefused) {
  const Peer peer([](int socket) {
    Say(socket, "12345678\r\n123456789\r\n");
    Ignore(socket);
  });
  Stream stream = Connect(peer);
  EXPECT_EQ(Line(stream, 8), "12345678");
  const auto line = stream.ReadLine(8, Later());
  ASSERT_FALSE(line.ok());
  EXPECT_EQ(line.error().code, Code::kInvalid);
  EXPECT_NE(line.error().message.find(peer.endpoint().text()), std::string::npos) << line.error().message;
}

TEST_F(StreamTest, ALineWithoutEndIsRefused) {
  const Peer peer([](int socket) {
    Say(socket, std::string(100'000, 'x'));
    Ignore(socket);
  });
  Stream stream = Connect(peer);
  EXPECT_EQ(stream.ReadLine(1000, Later()).error().code, Code::kInvalid);
  const Peer other([](int socket) {
    Say(socket, "no carriage return\n");
    Ignore(socket);
  });
  Stream second = Connect(other);
  EXPECT_EQ(second.ReadLine(1000, Later()).error().code, Code::kInvalid);
}

TEST_F(StreamTest, APeerThatClosesIsUnavailable) {
  const Peer peer([](int socket) { Say(socket, "half"); });
  Stream stream = Connect(peer);
  const auto line = stream.ReadLine(1000, Later());
  ASSERT_FALSE(line.ok());
  EXPECT_EQ(line.error().code, Code::kUnavailable);
  EXPECT_NE(line.error().message.find(peer.endpoint().text()), std::string::npos) << line.error().message;
  Stream second = Connect(peer);
  Bytes bytes(100'000);
  EXPECT_EQ(second.ReadExactly(bytes, Later()).error().code, Code::kUnavailable);
}

TEST_F(StreamTest, SendingToAPeerThatClosedIsAnErrorAndNoSignal) {
  const Peer peer([](int) {});
  Stream stream = Connect(peer);
  const std::string large(1'000'000, 'x');
  Result<void> sent;
  while (sent.ok()) sent = stream.Send(large, Later());
  EXPECT_EQ(sent.error().code, Code::kUnavailable);
}

TEST_F(StreamTest, NobodyThereIsUnavailable) {
  Endpoint nobody;
  {
    const Peer peer(&Ignore);
    nobody = peer.endpoint();
  }
  const auto stream = Stream::Connect(nobody, nullptr, clock_, Later());
  ASSERT_FALSE(stream.ok());
  EXPECT_EQ(stream.error().code, Code::kUnavailable);
  EXPECT_NE(stream.error().message.find(nobody.text()), std::string::npos) << stream.error().message;
  const auto unknown = Stream::Connect({.host = "no.such.host.invalid", .port = 1}, nullptr, clock_, Later());
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, Code::kUnavailable);
}

TEST_F(StreamTest, TheDeadlineEndsEveryCall) {
  std::vector<FileDescriptor> silent;  // they read nothing and say nothing
  const Peer peer([&silent](int socket) { silent.emplace_back(dup(socket)); });
  const auto soon = [this] { return clock_.Now() + std::chrono::milliseconds(20); };
  Stream stream = Connect(peer);
  const auto readable = stream.Readable(soon());
  EXPECT_TRUE(readable.ok() && !readable.value());
  EXPECT_EQ(stream.ReadLine(10, soon()).error().code, Code::kTimeout);
  Bytes bytes(10'000);
  EXPECT_EQ(Connect(peer).ReadExactly(bytes, soon()).error().code, Code::kTimeout);
  const std::string endless(64'000'000, 'x');
  const auto sent = Connect(peer).Send(endless, soon());
  EXPECT_EQ(sent.error().code, Code::kTimeout) << sent.error().message;
  const auto trust = TlsTrust::Load("");
  ASSERT_TRUE(trust.ok()) << trust.error().message;
  EXPECT_EQ(Stream::Connect(peer.endpoint(), &trust.value(), clock_, soon()).error().code, Code::kTimeout);
}

TEST_F(StreamTest, IdleIsWhoSaysNothingUnasked) {
  const Peer peer(&Echo);
  Stream stream = Connect(peer);
  EXPECT_TRUE(stream.IsIdle());
  ASSERT_TRUE(stream.Send("hello\r\n", Later()).ok());
  ASSERT_TRUE(stream.Readable(Later()).value());
  EXPECT_FALSE(stream.IsIdle());
  EXPECT_EQ(Line(stream), "hello");
  EXPECT_TRUE(stream.IsIdle());
  const Peer closing([](int) {});
  Stream closed = Connect(closing);
  EXPECT_FALSE(closed.Readable(Later()).ok());
  EXPECT_FALSE(closed.IsIdle());
}

TEST_F(StreamTest, AServerWithoutTlsIsRefused) {
  const auto trust = TlsTrust::Load("");
  ASSERT_TRUE(trust.ok()) << trust.error().message;
  const Peer peer([](int socket) {
    Say(socket, "-ERR unknown command\r\n");
    Ignore(socket);
  });
  const auto stream = Stream::Connect(peer.endpoint(), &trust.value(), clock_, Later());
  ASSERT_FALSE(stream.ok());
  EXPECT_EQ(stream.error().code, Code::kInvalid) << stream.error().message;
  EXPECT_NE(stream.error().message.find("TLS"), std::string::npos) << stream.error().message;
}

TEST(TlsTrust, AFileThatHoldsNoCertificateIsRefused) {
  for (const char* const file : {"/nonexistent/ca.pem", "/dev/null"}) {
    const auto trust = TlsTrust::Load(file);
    ASSERT_FALSE(trust.ok());
    EXPECT_EQ(trust.error().code, Code::kInvalid);
    EXPECT_NE(trust.error().message.find(file), std::string::npos);
  }
}

TEST(Endpoint, IsParsed) {
  const auto parsed = [](std::string_view text) {
    const auto endpoint = Endpoint::Parse(text, 6379);
    return endpoint.ok() ? StrCat(endpoint.value().host, " ", endpoint.value().port) : std::string("refused");
  };
  EXPECT_EQ(parsed("cache.example-1.com"), "cache.example-1.com 6379");
  EXPECT_EQ(parsed("127.0.0.1:1"), "127.0.0.1 1");
  EXPECT_EQ(parsed("[::1]"), "::1 6379");
  EXPECT_EQ(parsed("[fe80::2]:65535"), "fe80::2 65535");
  for (const char* const wrong : {"", ":1", "a:", "a:0", "a:65536", "a:-1", "a:1:2", "::1", "[::1", "[::1]1", "[]",
                                  "[a]:1", "a b", "a/b", "a:1x"}) {
    EXPECT_EQ(parsed(wrong), "refused") << wrong;
    EXPECT_EQ(Endpoint::Parse(wrong, 1).error().code, Code::kInvalid);
  }
  EXPECT_EQ((Endpoint{.host = "::1", .port = 5}.text()), "[::1]:5");
  EXPECT_EQ((Endpoint{.host = "a", .port = 5}.text()), "a:5");
}

TEST(Endpoint, KnowsThisMachine) {
  for (const char* const host : {"localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "::1", "0:0:0:0:0:0:0:1"}) {
    EXPECT_TRUE((Endpoint{.host = host, .port = 1}.IsLoopback())) << host;
  }
  for (const char* const host : {"localhost.example.com", "128.0.0.1", "10.127.0.1", "::2", "127.example.com", ""}) {
    EXPECT_FALSE((Endpoint{.host = host, .port = 1}.IsLoopback())) << host;
  }
}

}  // namespace

}  // namespace lambdaml
