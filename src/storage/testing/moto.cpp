// SPDX-License-Identifier: Apache-2.0
#include "storage/testing/moto.h"

#include "base/text.h"

namespace lambdaml {

Result<std::shared_ptr<Moto>> Moto::Launch() {
  std::shared_ptr<Moto> server(new Moto(TRY(TemporaryFolder::Make())));
  TRY(server->Start());
  return server;
}

Result<void> Moto::Start() {
  const std::string log = folder_.path() / "moto.log";
  process_ = TRY(ServerProcess::Start({TestTool("moto/bin/moto_server"), "-H", "127.0.0.1", "-p", StrCat(port_)}, log,
                                      [this] { return Listens(port_); }, {"MOTO_IAM_LOAD_MANAGED_POLICIES=true"}));
  return bucket_.Create();
}

}  // namespace lambdaml
