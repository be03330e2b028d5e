// SPDX-License-Identifier: Apache-2.0
#pragma once

// A Redis or Valkey server as a store: redis://host:6379/prefix, and rediss:// over TLS, with the settings of
// settings.h. Redis 6 or newer, with cluster mode off. Values outlive the process as long as the server runs, and any
// number of processes may use the same prefix. Wait blocks: writers announce what they write (announcement.h).

#include <memory>

#include "storage/backend.h"

namespace lambdaml::redis {

// Connects to nobody yet. kInvalid for a URL or a file of certificates that cannot be used.
Result<std::unique_ptr<Store>> Open(const Url& url, const StoreOptions& options);

// TIME, and INFO about memory, where the user may ask for them.
Result<StoreServer> Server(const Url& url, const StoreOptions& options);

}  // namespace lambdaml::redis
