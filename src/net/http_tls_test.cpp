// SPDX-License-Identifier: Apache-2.0
// The HTTP client against a server with TLS: whom it trusts, and that it keeps connections.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <csignal>
#include <memory>
#include <thread>

#include "base/file.h"
#include "base/run_command.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "net/http_client.h"

namespace lambdaml {
namespace {

using namespace std::chrono_literals;

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// Answers "hello" to whatever it is asked, on 127.0.0.1, one connection after another.
class TlsServer {
 public:
  TlsServer(const std::string& certificate, const std::string& key) : context_(SSL_CTX_new(TLS_server_method())) {
    signal(SIGPIPE, SIG_IGN);  // which OpenSSL raises when a client that does not trust it has gone
    EXPECT_EQ(SSL_CTX_use_certificate_file(context_.get(), certificate.c_str(), SSL_FILETYPE_PEM), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM), 1);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_.get(), 8), 0);
    EXPECT_EQ(getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { Serve(); });
  }
  ~TlsServer() { shutdown(listener_.get(), SHUT_RDWR); }  // which ends accept
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::string Url(std::string_view scheme, std::string_view host) const {
    return StrCat(scheme, "://", host, ":", port_);
  }

 private:
  void Serve() {
    for (;;) {
      const FileDescriptor connection(accept(listener_.get(), nullptr, nullptr));
      if (!connection.open()) return;
      const std::unique_ptr<SSL, SslDeleter> ssl(SSL_new(context_.get()));
      SSL_set_fd(ssl.get(), connection.get());
      if (SSL_accept(ssl.get()) == 1) Answer(ssl.get());
    }
  }

  // The requests of these tests fit into one record.
  static void Answer(SSL* ssl) {
    char request[4096];
    constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    while (SSL_read(ssl, request, sizeof(request)) > 0)
      SSL_write(ssl, kAnswer.data(), static_cast<int>(kAnswer.size()));
  }

  std::unique_ptr<SSL_CTX, SslContextDeleter> context_;
  FileDescriptor listener_ = FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  int port_ = 0;
  std::jthread thread_;
};

class HttpTls : public ::testing::Test {
 protected:
  HttpTls() {
    for (const std::string name : {"mine", "other"}) {
      const auto made =
          RunCommand({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-days", "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:localhost", "-keyout",
                      File(name + ".key"), "-out", File(name + ".pem")});
      EXPECT_TRUE(made.ok()) << made.error().message;
    }
    server_ = std::make_unique<TlsServer>(File("mine.pem"), File("mine.key"));
  }

  std::string File(const std::string& name) const { return folder_.path() / name; }

  // With a client that trusts `ca_file`.
  void ExpectNotTrusted(const std::string& ca_file, std::string_view host) {
    HttpClient client({.ca_file = ca_file});
    const auto response = client.Send({.url = server_->Url("https", host)}, 10s);
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code, Code::kInvalid) << response.error().message;
    EXPECT_NE(response.error().message.find("certificate"), std::string::npos) << response.error().message;
    EXPECT_NE(response.error().message.find(server_->Url("https", host)), std::string::npos)
        << response.error().message;
  }

  TemporaryFolder folder_ = TemporaryFolder::Make().value();
  std::unique_ptr<TlsServer> server_;
};

TEST_F(HttpTls, ConnectionToATrustedServerIsKept) {
  HttpClient client({.ca_file = File("mine.pem")});
  for (int i = 0; i < 5; ++i) {
    const auto response = client.Send({.url = server_->Url("https", "localhost")}, 10s);
    ASSERT_TRUE(response.ok()) << response.error().message;
    EXPECT_EQ(response.value().body, "hello");
  }
  EXPECT_EQ(client.connections_opened(), 1U);
}

TEST_F(HttpTls, ServerOfAnUnknownAuthorityIsRefused) {
  ExpectNotTrusted("", "localhost");
  ExpectNotTrusted(File("other.pem"), "localhost");
}

TEST_F(HttpTls, ServerWithAnotherNameIsRefused) { ExpectNotTrusted(File("mine.pem"), "127.0.0.1"); }

TEST_F(HttpTls, UnusableFileOfAuthoritiesIsRefused) {
  ExpectNotTrusted(File("absent.pem"), "localhost");
  ExpectNotTrusted(File("mine.key"), "localhost");
}

}  // namespace
}  // namespace lambdaml
