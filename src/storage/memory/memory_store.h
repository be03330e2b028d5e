// SPDX-License-Identifier: Apache-2.0
#pragma once

// A store in the memory of one process, for tests and for workers that are threads. Every Open of "memory:" makes a
// new, empty one; all that are open as "memory://name" at the same time are one. Values end with the last of them. Wait
// sleeps on a condition variable.

#include <memory>

#include "storage/backend.h"

namespace lambdaml::memory {

// kInvalid unless the URL is "memory:" or "memory://name".
Result<std::unique_ptr<Store>> Open(const Url& url, const StoreOptions& options);

}  // namespace lambdaml::memory
