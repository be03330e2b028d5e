// SPDX-License-Identifier: Apache-2.0
#pragma once

// One or several memcached servers as a store: memcached://host:11211,host:11211/prefix, with the settings of
// settings.h. Keys go to the nodes by consistent hashing (ketama.h), so all users of a channel must name the same
// nodes. A cache may drop a value when it is full or when it is started again. Wait looks once.

#include <memory>

#include "storage/backend.h"

namespace lambdaml::memcached {

// Connects to nobody, except with discovery: then the nodes are asked for here. kInvalid for a URL or a file of
// certificates that cannot be used.
Result<std::unique_ptr<Store>> Open(const Url& url, const StoreOptions& options);

// `stats` of every node; the clock is the first one's.
Result<StoreServer> Server(const Url& url, const StoreOptions& options);

}  // namespace lambdaml::memcached
