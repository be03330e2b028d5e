// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

namespace lambdaml {

std::string_view Name(Code code) {
  switch (code) {
    case Code::kNotFound: return "not found";
    case Code::kConflict: return "conflict";
    case Code::kUnavailable: return "unavailable";
    case Code::kTimeout: return "timeout";
    case Code::kInvalid: return "invalid";
    case Code::kInternal: return "internal";
  }
  return "unknown";
}

}  // namespace lambdaml
