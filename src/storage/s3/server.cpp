// SPDX-License-Identifier: Apache-2.0
#include "storage/http_server_state.h"
#include "storage/s3/location.h"
#include "storage/s3/s3_store.h"

namespace lambdaml::s3 {

Result<StoreServer> Server(const Url& url, const StoreOptions& options) {
  const Location location = TRY(Location::Of(url, options.environment));
  const std::string root = location.root.substr(0, location.root.find('/', location.root.find("//") + 2) + 1);
  return StoreServer{
      .address = location.server, .checks_clocks = true, .ask = [root, location](Clock::Duration patience) {
        return AskByHttp(root, location.ca_file, patience);
      }};
}

}  // namespace lambdaml::s3
