// SPDX-License-Identifier: Apache-2.0
#pragma once

// The table of channels, searched by URL scheme.

#include <memory>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/url.h"
#include "storage/store.h"

namespace lambdaml {

struct Backend {
  std::string_view scheme;
  std::string_view summary;
  std::string_view example;
  Result<std::unique_ptr<Store>> (*open)(const Url& url, Clock& clock);
};

std::span<const Backend> Backends();

// kInvalid for an unknown scheme or a URL that the backend refuses. The clock must outlive the store.
Result<std::unique_ptr<Store>> OpenStore(const Url& url, Clock& clock);
Result<std::unique_ptr<Store>> OpenStore(std::string_view url, Clock& clock);

}  // namespace lambdaml
