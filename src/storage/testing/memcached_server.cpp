// SPDX-License-Identifier: Apache-2.0
#include "storage/testing/memcached_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/text.h"

namespace lambdaml {

namespace {

constexpr std::string_view kUser = "worker";
constexpr std::string_view kPassword = "right-secret";

std::string Answer(const std::vector<std::string>& nodes) {
  std::string configuration = "12\n";
  for (const std::string& node : nodes) {
    const std::size_t colon = node.find(':');
    const std::string_view host = std::string_view(node).substr(0, colon);
    configuration += StrCat(configuration.ends_with('\n') ? "" : " ", "|", host, "|", node.substr(colon + 1));
  }
  configuration += '\n';
  return StrCat("CONFIG cluster 0 ", configuration.size(), "\r\n", configuration, "\r\nEND\r\n");
}

}  // namespace

Result<std::shared_ptr<MemcachedServer>> MemcachedServer::Launch(const Options& options) {
  TemporaryFolder folder = TRY(TemporaryFolder::Make());
  const std::shared_ptr<MemcachedServer> server(new MemcachedServer(options, std::move(folder)));
  if (options.secure) {
    server->certificates_ = TRY(Certificates::Make(server->folder_.path()));
    std::ofstream(server->folder_.path() / "users") << kUser << ":" << kPassword << "\n";
  }
  TRY(server->Start());
  return server;
}

std::vector<std::string> MemcachedServer::Command() const {
  std::vector<std::string> command{
      "memcached", "-l", "127.0.0.1", "-p", StrCat(port_), "-U", "0", "-m", StrCat(options_.memory_mb)};
  if (geteuid() == 0) command.insert(command.end(), {"-u", "nobody"});
  if (options_.secure) {
    command.insert(command.end(), {"-Z", "-o", "ssl_chain_cert=" + certificates_.certificate, "-o",
                                   "ssl_key=" + certificates_.key, "-Y", folder_.path() / "users"});
  }
  command.insert(command.end(), options_.arguments.begin(), options_.arguments.end());
  return command;
}

Result<void> MemcachedServer::Start() {
  process_ = TRY(ServerProcess::Start(Command(), folder_.path() / "log", [this] { return Listens(port_); }));
  return {};
}

std::string MemcachedServer::address() const { return StrCat("127.0.0.1:", port_); }

std::string MemcachedServer::Url(std::string_view password, std::string_view settings) {
  const std::string credentials = options_.secure ? StrCat(kUser, ":", password, "@") : "";
  return StrCat("memcached://", credentials, address(), "/", ++urls_, options_.secure ? "?tls=on&" : "?", settings);
}

std::string MemcachedServer::NewUrl(std::string_view settings) { return Url(kPassword, settings); }

Environment MemcachedServer::environment() const {
  if (!options_.secure) return Environment();
  return Environment({{"SSL_CERT_FILE", certificates_.authority}});
}

std::string MemcachedServer::UrlWithWrongCredentials() {
  return options_.secure ? Url("wrong-secret", "") : std::string();
}

std::string MemcachedServer::UrlWithUnknownCertificate() {
  return options_.secure ? Url(kPassword, "ca=" + certificates_.unknown_authority) : std::string();
}

Result<std::unique_ptr<ConfigurationEndpoint>> ConfigurationEndpoint::Launch(const std::vector<std::string>& nodes) {
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(socket.get(), 64) != 0 ||
      getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return Error{Code::kInternal, "cannot listen for the configuration endpoint"};
  }
  return std::unique_ptr<ConfigurationEndpoint>(
      new ConfigurationEndpoint(std::move(socket), ntohs(address.sin_port), Answer(nodes)));
}

ConfigurationEndpoint::ConfigurationEndpoint(FileDescriptor socket, int port, std::string answer)
    : socket_(std::move(socket)), port_(port), answer_(std::move(answer)), thread_([this] { Serve(); }) {}

ConfigurationEndpoint::~ConfigurationEndpoint() { shutdown(socket_.get(), SHUT_RDWR); }

std::string ConfigurationEndpoint::address() const { return StrCat("127.0.0.1:", port_); }

void ConfigurationEndpoint::Serve() const {
  for (;;) {
    const FileDescriptor peer(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!peer.open()) return;
    char command[256];
    const ssize_t received = recv(peer.get(), command, sizeof(command), 0);
    if (received <= 0) continue;
    const bool known = std::string_view(command, static_cast<std::size_t>(received)) == "config get cluster\r\n";
    const std::string_view answer = known ? std::string_view(answer_) : "ERROR\r\n";
    [[maybe_unused]] const ssize_t sent = send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }
}

}  // namespace lambdaml
