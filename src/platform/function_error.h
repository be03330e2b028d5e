// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a function that failed returns in place of a result, as Lambda spells it:
// {"errorMessage": "...", "errorType": "...", "stackTrace": ["...", ...]}.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace lambdaml {

struct FunctionError {
  std::string type;
  std::string message;
  std::vector<std::string> trace{};  // what led to it, one line each
};

// What one invocation comes to.
using FunctionResult = std::variant<std::string, FunctionError>;

// The type is the name of the error's code.
FunctionError ToFunctionError(const Error& error, std::vector<std::string> trace = {});
FunctionResult ToFunctionResult(Result<std::string> result);
// {"note": "..."}: how the function ended, for people.
FunctionResult NoteToFunctionResult(Result<std::string> note);

// Text that is not UTF-8 has its bad bytes replaced.
std::string ToJson(const FunctionError& error);

// A payload of another form becomes the message as it is.
FunctionError ParseFunctionError(std::string_view payload);

}  // namespace lambdaml
