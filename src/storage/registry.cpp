// SPDX-License-Identifier: Apache-2.0
#include "storage/registry.h"

#include <array>
#include <vector>

#include "base/text.h"
#include "storage/file/file_store.h"
#include "storage/memory/memory_store.h"

namespace lambdaml {

namespace {

// The only file that knows every backend. Add one line here.
constexpr std::array kBackends{
    Backend{"file", "a folder of this machine", "file:///tmp/channel", file::Open},
    Backend{"memory", "inside this process, for tests", "memory:", memory::Open},
};

}  // namespace

std::span<const Backend> Backends() { return kBackends; }

Result<std::unique_ptr<Store>> OpenStore(const Url& url, Clock& clock) {
  std::vector<std::string> schemes;
  for (const Backend& backend : kBackends) {
    if (backend.scheme == url.scheme) return backend.open(url, clock);
    schemes.emplace_back(backend.scheme);
  }
  return Error{Code::kInvalid, StrCat("no storage is called '", url.scheme, ":'; known are ", JoinWith(", ", schemes))};
}

Result<std::unique_ptr<Store>> OpenStore(std::string_view url, Clock& clock) {
  return OpenStore(TRY(Url::Parse(url)), clock);
}

}  // namespace lambdaml
