// SPDX-License-Identifier: Apache-2.0
#include "storage/server_conformance.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "storage/ops.h"

namespace lambdaml {

namespace {

// Greets whoever connects as a mail server does, and hangs up.
class MailServer {
 public:
  MailServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_.get(), 64), 0);
    getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { Serve(); });
  }
  ~MailServer() { shutdown(socket_.get(), SHUT_RDWR); }

  int port() const { return port_; }

 private:
  void Serve() const {
    for (;;) {
      const FileDescriptor peer(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer.open()) return;
      constexpr std::string_view kGreeting = "220 mail.example ESMTP ready\r\n";
      [[maybe_unused]] const ssize_t sent = send(peer.get(), kGreeting.data(), kGreeting.size(), MSG_NOSIGNAL);
      char ignored[4096];
      [[maybe_unused]] const ssize_t received = recv(peer.get(), ignored, sizeof(ignored), 0);
    }
  }

  FileDescriptor socket_;
  int port_ = 0;
  std::jthread thread_;
};

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ServerConformance);

TEST_P(ServerConformance, AServerThatIsAwayIsNamed) {
  const std::string url = server_->NewUrl("retry=100ms");
  const auto store = Open(url);
  ASSERT_TRUE(store.ok()) << store.error().message;
  ASSERT_TRUE(Save(*store.value(), Key("a"), AsBytes("before")).ok());
  server_->Stop();
  const auto saved = Save(*store.value(), Key("a"), AsBytes("meanwhile"));
  const auto loaded = Load(*store.value(), Key("a"));
  const auto started = server_->Start();
  ASSERT_TRUE(started.ok()) << started.error().message;
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, Code::kUnavailable) << saved.error().message;
  EXPECT_NE(saved.error().message.find(server_->address()), std::string::npos) << saved.error().message;
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, Code::kUnavailable) << loaded.error().message;
}

TEST_P(ServerConformance, AServerThatComesBackIsFound) {
  const auto store = Open(server_->NewUrl("retry=60s"));
  ASSERT_TRUE(store.ok()) << store.error().message;
  ASSERT_TRUE(Save(*store.value(), Key("a"), AsBytes("before")).ok());
  server_->Stop();
  Result<void> started;
  {
    const std::jthread later([this, &started] {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      started = server_->Start();
    });
    const auto saved = Save(*store.value(), Key("b"), AsBytes("through it all"));
    EXPECT_TRUE(saved.ok()) << saved.error().message;
  }
  ASSERT_TRUE(started.ok()) << started.error().message;
  const auto loaded = Load(*store.value(), Key("b"));
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded.value().text(), "through it all");
}

TEST_P(ServerConformance, AWaitOutlivesARestart) {
  const std::string url = server_->NewUrl("retry=60s");
  const auto waiting = Open(url);
  const auto writing = Open(url);
  ASSERT_TRUE(waiting.ok() && writing.ok());
  Result<Blob> waited = Error{Code::kInternal, "not waited"};
  {
    const std::jthread waiter(
        [&] { waited = LoadOrWait(*waiting.value(), Key("late"), clock_.Now() + std::chrono::minutes(1)); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    server_->Stop();
    const auto started = server_->Start();
    EXPECT_TRUE(started.ok()) << started.error().message;
    const auto saved = Save(*writing.value(), Key("late"), AsBytes("here"));
    EXPECT_TRUE(saved.ok()) << saved.error().message;
  }
  ASSERT_TRUE(waited.ok()) << waited.error().message;
  EXPECT_EQ(waited.value().text(), "here");
}

TEST_P(ServerConformance, WrongCredentialsAreNotTriedAgain) {
  const std::string url = server_->UrlWithWrongCredentials();
  if (url.empty()) GTEST_SKIP() << "this server knows no credentials";
  const auto store = OpenStore(url, {.clock = clock_, .environment = server_->EnvironmentWithWrongCredentials()});
  const Result<void> saved = store.ok() ? Save(*store.value(), Key("a"), AsBytes("x")) : Result<void>(store.error());
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, Code::kInvalid) << saved.error().message;
  EXPECT_EQ(saved.error().message.find("wrong-secret"), std::string::npos) << saved.error().message;
}

TEST_P(ServerConformance, AnUnknownCertificateIsRefused) {
  const std::string url = server_->UrlWithUnknownCertificate();
  if (url.empty()) GTEST_SKIP() << "this server does not speak TLS";
  const auto store = Open(url);
  const Result<void> saved = store.ok() ? Save(*store.value(), Key("a"), AsBytes("x")) : Result<void>(store.error());
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, Code::kInvalid) << saved.error().message;
  EXPECT_NE(saved.error().message.find("certificate"), std::string::npos) << saved.error().message;
}

// A word of a mail server is no answer. It may also be read as a connection that breaks, and then the budget ends.
TEST_P(ServerConformance, AServerOfAnotherProtocolIsRefused) {
  const MailServer mail;
  const std::string address = StrCat("127.0.0.1:", mail.port());
  const std::string host = server_->address();
  const auto store = Open(Replaced(server_->NewUrl("retry=100ms"), host, address));
  const Result<Blob> loaded = store.ok() ? Load(*store.value(), Key("a")) : Result<Blob>(store.error());
  ASSERT_FALSE(loaded.ok());
  EXPECT_TRUE(loaded.error().code == Code::kInvalid || loaded.error().code == Code::kUnavailable);
  EXPECT_NE(loaded.error().message.find(address), std::string::npos) << loaded.error().message;
}

TEST_P(ServerConformance, TellsTheTime) {
  const auto server = ServerOf(server_->NewUrl(), {.clock = clock_, .environment = server_->environment()});
  ASSERT_TRUE(server.ok()) << server.error().message;
  ASSERT_TRUE(server.value());
  const std::int64_t begin = clock_.UnixMs();
  const auto state = server.value()->ask(std::chrono::seconds(30));
  const std::int64_t end = clock_.UnixMs();
  ASSERT_TRUE(state.ok()) << state.error().message;
  if (!state.value().unix_ms) GTEST_SKIP() << "this user may not ask for the time";
  // A server may read a clock that ticks later than the machine's own.
  EXPECT_LE(*state.value().unix_ms, end + 1000);
  EXPECT_GT(*state.value().unix_ms + state.value().precision_ms, begin - 1000);
  EXPECT_NE(server_->NewUrl().find(server.value()->address), std::string::npos) << server.value()->address;
}

TEST_P(ServerConformance, AServerThatIsAwayHasNoTime) {
  const auto server = ServerOf(server_->NewUrl(), {.clock = clock_, .environment = server_->environment()});
  ASSERT_TRUE(server.ok()) << server.error().message;
  server_->Stop();
  const auto state = server.value()->ask(std::chrono::seconds(3));
  const auto started = server_->Start();
  ASSERT_TRUE(started.ok()) << started.error().message;
  ASSERT_FALSE(state.ok());
  EXPECT_EQ(state.error().code, Code::kUnavailable) << state.error().message;
  EXPECT_NE(state.error().message.find(server_->address()), std::string::npos) << state.error().message;
}

}  // namespace lambdaml
