// SPDX-License-Identifier: Apache-2.0
#pragma once

// The environment variables of the process, taken once in main and passed on.

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lambdaml {

class Environment {
 public:
  Environment() = default;  // nothing is set
  explicit Environment(std::map<std::string, std::string> variables) : variables_(std::move(variables)) {}

  static Environment OfProcess();

  // Empty when it is not set.
  std::string Get(std::string_view name) const;
  Result<std::string> Require(std::string_view name) const;

  // `text` with $NAME and ${NAME} replaced; kInvalid names a variable that is not set.
  Result<std::string> Expand(std::string_view text) const;

 private:
  std::map<std::string, std::string> variables_;
};

}  // namespace lambdaml
