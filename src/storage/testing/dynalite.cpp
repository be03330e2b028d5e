// SPDX-License-Identifier: Apache-2.0
#include "storage/testing/dynalite.h"

#include "base/text.h"
#include "storage/ops.h"
#include "storage/registry.h"

namespace lambdaml {

namespace {

constexpr std::string_view kTable = "lambdaml-test";

}  // namespace

Result<std::shared_ptr<Dynalite>> Dynalite::Launch() {
  TemporaryFolder folder = TRY(TemporaryFolder::Make());
  Certificates certificates = TRY(Certificates::Make(folder.path()));
  std::shared_ptr<Dynalite> server(new Dynalite(std::move(folder), std::move(certificates)));
  TRY(server->Start());
  TRY(server->CreateTable());
  server->tls_ = TRY(Nginx::Launch({.port_behind = server->port_, .tls = &server->certificates_}));
  server->strict_ = TRY(
      ServerProcess::Start({TestTool("moto/bin/moto_server"), "-H", "127.0.0.1", "-p", StrCat(server->strict_port_)},
                           server->File("moto.log"), [&server] { return Listens(server->strict_port_); },
                           {"INITIAL_NO_AUTH_ACTION_COUNT=0"}));
  return server;
}

Result<void> Dynalite::Start() {
  process_ = TRY(ServerProcess::Start(
      {TestTool("dynalite/node_modules/.bin/node"), TestTool("dynalite/node_modules/dynalite/cli.js"), "--host",
       "127.0.0.1", "--port", StrCat(port_), "--path", File("data"), "--createTableMs", "0", "--deleteTableMs", "0",
       "--updateTableMs", "0"},
      File("dynalite.log"), [this] { return Listens(port_); }));
  return {};
}

Result<void> Dynalite::CreateTable() {
  SystemClock clock;
  const auto store = TRY(OpenStore(NewUrl("create=true"), {.clock = clock, .environment = environment()}));
  return Save(*store, Key("ready"), {});
}

std::string Dynalite::NewUrl(std::string_view settings) {
  return StrCat("dynamodb://", kTable, "/", ++urls_, "?endpoint=", endpoint(), settings.empty() ? "" : "&", settings);
}

std::string Dynalite::NewTlsUrl(const std::string& ca_file) {
  return StrCat("dynamodb://", kTable, "/", ++urls_, "?endpoint=", tls_->endpoint(), "&ca=", ca_file);
}

Environment Dynalite::environment() const {
  return Environment(
      {{"AWS_ACCESS_KEY_ID", "test-access"}, {"AWS_SECRET_ACCESS_KEY", "test-secret"}, {"AWS_REGION", "us-east-1"}});
}

std::string Dynalite::UrlWithWrongCredentials() {
  return StrCat("dynamodb://", kTable, "/wrong?endpoint=http://127.0.0.1:", strict_port_);
}

Environment Dynalite::EnvironmentWithWrongCredentials() const {
  return Environment({{"AWS_ACCESS_KEY_ID", "unknown-access"},
                      {"AWS_SECRET_ACCESS_KEY", "wrong-secret"},
                      {"AWS_REGION", "us-east-1"}});
}

std::string Dynalite::UrlWithUnknownCertificate() { return NewTlsUrl(certificates_.unknown_authority); }

std::string Dynalite::address() const { return StrCat("127.0.0.1:", port_); }

std::string Dynalite::endpoint() const { return StrCat("http://", address()); }

std::string Dynalite::File(std::string_view name) const { return StrCat(folder_.path().native(), "/", name); }

}  // namespace lambdaml
