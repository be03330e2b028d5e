// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a function that failed returns in place of a result, as Lambda spells it:
// {"errorMessage": "...", "errorType": "..."}.

#include <string>
#include <string_view>

namespace lambdaml {

struct FunctionError {
  std::string type;
  std::string message;
};

// Text that is not UTF-8 has its bad bytes replaced.
std::string ToJson(const FunctionError& error);

// A payload of another form becomes the message as it is.
FunctionError ParseFunctionError(std::string_view payload);

}  // namespace lambdaml
