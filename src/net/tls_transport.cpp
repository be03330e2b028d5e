// SPDX-License-Identifier: Apache-2.0
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "net/transport.h"

namespace lambdaml {

namespace {

constexpr std::size_t kRecordBytes = std::size_t{16} << 10U;  // the most that TLS encrypts at once
constexpr std::size_t kReadAheadBytes = std::size_t{128} << 10U;

// Where systems keep the authorities they trust. OpenSSL itself only knows the path of the system it was built on.
constexpr std::array kSystemAuthorities = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                           "/etc/ssl/cert.pem"};

struct LibraryDeleter {
  void operator()(SSL_CTX* settings) const { SSL_CTX_free(settings); }
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
template <class T>
using Owned = std::unique_ptr<T, LibraryDeleter>;

// The socket of a TLS connection, as OpenSSL sees it. Its own kind of socket would let SIGPIPE kill the process.
int MoveBytes(BIO* bio, ssize_t moved, int retry_flag) {
  BIO_clear_retry_flags(bio);
  if (moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY);
  }
  return static_cast<int>(moved);
}

int SocketOf(BIO* bio) { return static_cast<const FileDescriptor*>(BIO_get_data(bio))->get(); }

int WriteSocket(BIO* bio, const char* data, int size) {
  errno = 0;
  return MoveBytes(bio, send(SocketOf(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL), BIO_FLAGS_WRITE);
}

int ReadSocket(BIO* bio, char* data, int size) {
  errno = 0;
  return MoveBytes(bio, recv(SocketOf(bio), data, static_cast<std::size_t>(size), 0), BIO_FLAGS_READ);
}

long ControlSocket(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

Owned<BIO_METHOD> SocketMethod() {
  Owned<BIO_METHOD> method(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket"));
  BIO_meth_set_write(method.get(), &WriteSocket);
  BIO_meth_set_read(method.get(), &ReadSocket);
  BIO_meth_set_ctrl(method.get(), &ControlSocket);
  return method;
}

std::string SystemAuthorities() {
  const auto* const found =
      std::ranges::find_if(kSystemAuthorities, [](const char* path) { return access(path, R_OK) == 0; });
  return found == kSystemAuthorities.end() ? std::string() : *found;
}

}  // namespace

class TlsTrust::Library {
 public:
  Library() : settings(SSL_CTX_new(TLS_client_method())), socket_method(SocketMethod()) {
    SSL_CTX_set_min_proto_version(settings.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(settings.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(settings.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(settings.get(), 1);
    SSL_CTX_set_default_read_buffer_len(settings.get(), kReadAheadBytes);
  }

  const Owned<SSL_CTX> settings;
  const Owned<BIO_METHOD> socket_method;
};

Result<TlsTrust> TlsTrust::Load(const std::string& ca_file) {
  auto library = std::make_shared<const Library>();
  const std::string file = ca_file.empty() ? SystemAuthorities() : ca_file;
  const int loaded = file.empty() ? SSL_CTX_set_default_verify_paths(library->settings.get())
                                  : SSL_CTX_load_verify_file(library->settings.get(), file.c_str());
  ERR_clear_error();
  if (loaded == 1) return TlsTrust(std::move(library));
  return Error{Code::kInvalid,
               StrCat("cannot read the certificates of '", file, "': name a readable file in PEM form")};
}

class TlsTransport final : public Transport {
 public:
  TlsTransport(FileDescriptor socket, Endpoint endpoint, const TlsTrust& trust)
      : library_(trust.library_),
        socket_(std::move(socket)),
        endpoint_(std::move(endpoint)),
        ssl_(SSL_new(library_->settings.get())) {
    BIO* const bio = BIO_new(library_->socket_method.get());
    BIO_set_data(bio, &socket_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    RequireHost();
  }
  ~TlsTransport() override {
    if (healthy_) SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;

  Result<Step> Write(std::span<const iovec> pieces) override {
    const ByteSpan next = NextRecord(pieces);
    return Done([this, next] { return SSL_write(ssl_.get(), next.data(), static_cast<int>(next.size())); });
  }

  Result<Step> Read(std::span<std::byte> into) override {
    const int size = static_cast<int>(std::min(into.size(), kReadAheadBytes));
    return Done([this, into, size] { return SSL_read(ssl_.get(), into.data(), size); });
  }

  int socket() const override { return socket_.get(); }

  Result<void> Handshake(Clock& clock, Clock::Time deadline) {
    for (;;) {
      const Step step = TRY(Done([this] { return SSL_connect(ssl_.get()); }));
      if (step.end == Step::End::kMoved) return {};
      if (step.end == Step::End::kClosed) {
        return StreamError(Code::kUnavailable, endpoint_, "the server closed the connection instead of speaking TLS");
      }
      if (!AwaitSocket(socket_.get(), step.end, clock, deadline)) {
        return StreamError(Code::kTimeout, endpoint_, "the TLS handshake was not over in time");
      }
    }
  }

 private:
  void RequireHost() {
    X509_VERIFY_PARAM* const parameters = SSL_get0_param(ssl_.get());
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, endpoint_.host.c_str()) == 1) return;
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl_.get(), endpoint_.host.c_str());
    SSL_set_tlsext_host_name(ssl_.get(), endpoint_.host.c_str());
  }

  // What is encrypted next: small pieces together, large ones from where they are.
  ByteSpan NextRecord(std::span<const iovec> pieces) {
    if (pieces.size() == 1 || pieces[0].iov_len >= kRecordBytes) {
      return {static_cast<const std::byte*>(pieces[0].iov_base), std::min(pieces[0].iov_len, kRecordBytes)};
    }
    std::size_t filled = 0;
    for (const iovec& piece : pieces) {
      const std::size_t part = std::min(piece.iov_len, kRecordBytes - filled);
      std::memcpy(record_.data() + filled, piece.iov_base, part);
      filled += part;
      if (filled == kRecordBytes) break;
    }
    return {record_.data(), filled};
  }

  template <class Call>
  Result<Step> Done(const Call& call) {
    ERR_clear_error();
    errno = 0;
    const int outcome = call();
    const int error_number = errno;
    if (outcome > 0) return Step{Step::End::kMoved, static_cast<std::size_t>(outcome)};
    switch (SSL_get_error(ssl_.get(), outcome)) {
      case SSL_ERROR_WANT_READ: return Step{Step::End::kNeedsInput, 0};
      case SSL_ERROR_WANT_WRITE: return Step{Step::End::kNeedsOutput, 0};
      case SSL_ERROR_ZERO_RETURN: return Step{Step::End::kClosed, 0};
      case SSL_ERROR_SSL: healthy_ = false; return LibraryError();
      default: healthy_ = false;
    }
    if (error_number == 0) return Step{Step::End::kClosed, 0};
    return BrokenConnection(endpoint_, error_number);
  }

  Error LibraryError() const {
    const unsigned long error = ERR_get_error();
    ERR_clear_error();
    const int reason = ERR_GET_REASON(error);
    const long verified = SSL_get_verify_result(ssl_.get());
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
      return StreamError(Code::kInvalid, endpoint_,
                         StrCat("the server's certificate is not trusted: ", X509_verify_cert_error_string(verified),
                                "; name the file of its authority, and the server as its certificate does"));
    }
    const char* const said = ERR_reason_error_string(error);
    const std::string_view cause = said == nullptr ? "unknown error" : said;
    if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG) {
      return StreamError(Code::kInvalid, endpoint_, StrCat("the server does not speak TLS (", cause, ")"));
    }
    if (SSL_is_init_finished(ssl_.get()) == 0 || reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED) {
      return StreamError(Code::kInvalid, endpoint_, StrCat("the server refuses TLS: ", cause));
    }
    return StreamError(Code::kUnavailable, endpoint_, StrCat("TLS broke: ", cause));
  }

  std::shared_ptr<const TlsTrust::Library> library_;
  FileDescriptor socket_;
  Endpoint endpoint_;
  Owned<SSL> ssl_;
  bool healthy_ = true;  // after some errors OpenSSL must not be asked for a farewell
  std::array<std::byte, kRecordBytes> record_;
};

Result<std::unique_ptr<Transport>> ConnectTls(FileDescriptor socket, const Endpoint& endpoint, const TlsTrust& trust,
                                              Clock& clock, Clock::Time deadline) {
  auto transport = std::make_unique<TlsTransport>(std::move(socket), endpoint, trust);
  TRY(transport->Handshake(clock, deadline));
  return std::unique_ptr<Transport>(std::move(transport));
}

}  // namespace lambdaml
