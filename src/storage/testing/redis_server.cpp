// SPDX-License-Identifier: Apache-2.0
#include "storage/testing/redis_server.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/text.h"

namespace lambdaml {

namespace {

constexpr std::string_view kUser = "worker";
constexpr std::string_view kPassword = "right:secret/@";
constexpr std::string_view kEncodedPassword = "right%3Asecret%2F%40";
constexpr std::string_view kFolder = "jobs/";  // all that the user may touch

// As a provider of caches gives them to its customers.
constexpr std::string_view kRights = "-@all +@read +@write +@connection +@transaction +@scripting +@pubsub -@dangerous";

}  // namespace

Result<std::shared_ptr<RedisServer>> RedisServer::Launch(const Options& options) {
  TemporaryFolder folder = TRY(TemporaryFolder::Make());
  const std::shared_ptr<RedisServer> server(new RedisServer(options, std::move(folder)));
  if (options.secure) server->certificates_ = TRY(Certificates::Make(server->folder_.path()));
  TRY(server->WriteConfiguration());
  TRY(server->Start());
  return server;
}

bool RedisServer::Installed(const std::string& program) {
  const char* const path = std::getenv("PATH");
  for (const std::string_view folder : SplitText(path == nullptr ? "" : path, ':')) {
    if (access(StrCat(folder, "/", program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

Result<void> RedisServer::WriteConfiguration() {
  std::ofstream file(folder_.path() / "redis.conf");
  file << "bind 127.0.0.1 127.0.0.2\nsave \"\"\nappendonly no\ndir " << folder_.path().string() << "\n";
  if (!options_.secure) {
    file << "port " << port_ << "\n";
    if (!options_.password.empty()) file << "requirepass " << options_.password << "\n";
  } else {
    file << "port 0\ntls-port " << port_ << "\ntls-auth-clients no\ntls-cert-file " << certificates_.certificate
         << "\ntls-key-file " << certificates_.key << "\ntls-ca-cert-file " << certificates_.authority << "\n"
         << "user default off\nuser " << kUser << " on >" << kPassword << " ~" << kFolder << "* &" << kFolder << "* "
         << kRights << "\n";
  }
  file.close();
  if (file) return {};
  return Error{Code::kInternal, "cannot write the configuration of redis-server"};
}

Result<void> RedisServer::Start() {
  std::vector<std::string> command{options_.program, folder_.path() / "redis.conf"};
  command.insert(command.end(), options_.arguments.begin(), options_.arguments.end());
  process_ = TRY(ServerProcess::Start(command, folder_.path() / "log", [this] { return Listens(port_); }));
  return {};
}

std::string RedisServer::address() const { return StrCat("127.0.0.1:", port_); }

std::string RedisServer::Url(std::string_view password, std::string_view settings) {
  const std::string credentials = options_.secure             ? StrCat(kUser, ":", password, "@")
                                  : options_.password.empty() ? std::string()
                                                              : StrCat(":", password, "@");
  return StrCat(options_.secure ? "rediss" : "redis", "://", credentials, address(), "/", kFolder, ++urls_, "?",
                settings);
}

std::string RedisServer::NewUrl(std::string_view settings) {
  return Url(options_.secure ? kEncodedPassword : options_.password, settings);
}

Environment RedisServer::environment() const {
  if (!options_.secure) return Environment();
  return Environment({{"SSL_CERT_FILE", certificates_.authority}});
}

std::string RedisServer::UrlWithWrongCredentials() {
  return options_.secure || !options_.password.empty() ? Url("wrong-secret", "") : std::string();
}

std::string RedisServer::UrlWithUnknownCertificate() {
  return options_.secure ? Url(kEncodedPassword, "ca=" + certificates_.unknown_authority) : std::string();
}

Result<std::string> RedisServer::Ask(const std::vector<std::string>& command) const {
  std::vector<std::string> all{"redis-cli", "-h", "127.0.0.1", "-p", StrCat(port_)};
  if (options_.secure) {
    all.insert(all.end(), {"--tls", "--cacert", certificates_.authority, "--user", std::string(kUser)});
  }
  const std::string password = options_.secure ? std::string(kPassword) : options_.password;
  if (!password.empty()) all.insert(all.end(), {"--no-auth-warning", "-a", password});
  all.insert(all.end(), command.begin(), command.end());
  return RunCommand(all);
}

}  // namespace lambdaml
