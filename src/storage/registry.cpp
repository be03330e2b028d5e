// SPDX-License-Identifier: Apache-2.0
#include "storage/registry.h"

#include <array>
#include <vector>

#include "base/text.h"
#include "storage/file/file_store.h"
#include "storage/layers/meter.h"
#include "storage/memory/memory_store.h"

namespace lambdaml {

namespace {

// The only file that knows every backend. Add one line here.
constexpr std::array kBackends{
    Backend{.scheme = "file",
            .summary = "a folder of this machine",
            .example = "file:///tmp/channel",
            .remote = false,
            .prices = {},
            .open = file::Open},
    Backend{.scheme = "memory",
            .summary = "inside this process, for tests",
            .example = "memory:",
            .remote = false,
            .prices = {},
            .open = memory::Open},
};

Result<const Backend*> BackendOf(const Url& url) {
  std::vector<std::string> schemes;
  for (const Backend& backend : kBackends) {
    if (backend.scheme == url.scheme) return &backend;
    schemes.emplace_back(backend.scheme);
  }
  return Error{Code::kInvalid, StrCat("no storage is called '", url.scheme, ":'; known are ", JoinWith(", ", schemes))};
}

}  // namespace

std::span<const Backend> Backends() { return kBackends; }

Result<std::unique_ptr<Store>> OpenStore(const Url& url, const StoreOptions& options) {
  const Backend& backend = *TRY(BackendOf(url));
  std::unique_ptr<Store> store = TRY(backend.open(url, options));
  if (options.use != nullptr) store = WithMeter(std::move(store), options.clock, backend.prices, *options.use);
  return store;
}

Result<std::unique_ptr<Store>> OpenStore(std::string_view url, const StoreOptions& options) {
  return OpenStore(TRY(Url::Parse(url)), options);
}

}  // namespace lambdaml
