// SPDX-License-Identifier: Apache-2.0
#pragma once

// The table of channels, searched by URL scheme, and how a store is put together: the backend, and over it the layers
// that it needs (docs/guide/storage.md lists the settings that every URL may carry).

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "storage/backend.h"

namespace lambdaml {

std::span<const Backend> Backends();

// kInvalid for an unknown scheme or a URL that the backend refuses.
Result<std::unique_ptr<Store>> OpenStore(const Url& url, const StoreOptions& options);
Result<std::unique_ptr<Store>> OpenStore(std::string_view url, const StoreOptions& options);

// Nothing where the store is in this process. Nothing is sent yet. The options must outlive it.
Result<std::optional<StoreServer>> ServerOf(std::string_view url, const StoreOptions& options);

}  // namespace lambdaml
