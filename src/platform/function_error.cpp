// SPDX-License-Identifier: Apache-2.0
#include "platform/function_error.h"

#include <nlohmann/json.hpp>

namespace lambdaml {

std::string ToJson(const FunctionError& error) {
  const nlohmann::ordered_json value{{"errorMessage", error.message}, {"errorType", error.type}};
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

FunctionError ParseFunctionError(std::string_view payload) {
  const auto value = nlohmann::json::parse(payload, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) return {.type = "", .message = std::string(payload)};
  const auto text = [&value](const char* name) {
    const auto found = value.find(name);
    return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  FunctionError error{.type = text("errorType"), .message = text("errorMessage")};
  if (error.message.empty()) error.message = payload;
  return error;
}

}  // namespace lambdaml
