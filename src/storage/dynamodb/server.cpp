// SPDX-License-Identifier: Apache-2.0
#include "storage/dynamodb/dynamodb_store.h"
#include "storage/dynamodb/settings.h"
#include "storage/http_server_state.h"

namespace lambdaml::dynamodb {

Result<StoreServer> Server(const Url& url, const StoreOptions& options) {
  const Settings settings = TRY(ReadSettings(url, options.environment));
  return StoreServer{.address = settings.server(), .checks_clocks = true, .ask = [settings](Clock::Duration patience) {
                       return AskByHttp(settings.endpoint + "/", settings.ca_file, patience);
                     }};
}

}  // namespace lambdaml::dynamodb
