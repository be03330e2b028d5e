// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <vector>

#include "base/text.h"
#include "platform/local/local_platform.h"
#include "platform/platform.h"

namespace lambdaml {

namespace {

// The only list of platforms. Add one line here.
constexpr std::array kPlatformKinds{
    PlatformKind{"local", "functions as processes of this machine, with Lambda's protocols and limits",
                 local::kConcurrency, &local::Open},
};

}  // namespace

std::span<const PlatformKind> PlatformKinds() { return kPlatformKinds; }

Result<std::unique_ptr<Platform>> OpenPlatform(std::string_view name, const PlatformOptions& options) {
  std::vector<std::string> names;
  for (const PlatformKind& kind : kPlatformKinds) {
    if (kind.name == name) return kind.open(options);
    names.emplace_back(kind.name);
  }
  return Error{Code::kInvalid, StrCat("there is no platform '", name, "'; there are: ", JoinWith(", ", names))};
}

}  // namespace lambdaml
