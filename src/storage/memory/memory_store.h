// SPDX-License-Identifier: Apache-2.0
#pragma once

// A store in the memory of one process, for tests and for workers that are threads. Every Open makes a new, empty one;
// its values end with it. Wait sleeps on a condition variable.

#include <memory>

#include "storage/backend.h"

namespace lambdaml::memory {

// kInvalid unless the URL is "memory:".
Result<std::unique_ptr<Store>> Open(const Url& url, const StoreOptions& options);

}  // namespace lambdaml::memory
