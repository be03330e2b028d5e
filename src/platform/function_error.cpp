// SPDX-License-Identifier: Apache-2.0
#include "platform/function_error.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace lambdaml {

FunctionError ToFunctionError(const Error& error, std::vector<std::string> trace) {
  return {.type = std::string(Name(error.code)), .message = error.message, .trace = std::move(trace)};
}

FunctionResult ToFunctionResult(Result<std::string> result) {
  if (result.ok()) return std::move(result).value();
  return ToFunctionError(result.error());
}

FunctionResult NoteToFunctionResult(Result<std::string> note) {
  if (!note.ok()) return ToFunctionError(note.error());
  const nlohmann::ordered_json value{{"note", note.value()}};
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string ToJson(const FunctionError& error) {
  nlohmann::ordered_json value{{"errorMessage", error.message}, {"errorType", error.type}};
  if (!error.trace.empty()) value["stackTrace"] = error.trace;
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
  const auto trace = value.find("stackTrace");
  if (trace == value.end() || !trace->is_array()) return error;
  for (const auto& line : *trace) {
    if (line.is_string()) error.trace.push_back(line.get<std::string>());
  }
  return error;
}

}  // namespace lambdaml
