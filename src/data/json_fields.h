// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading JSON that somebody else wrote: each field is asked for by name and type, and what is missing or wrong is a
// kInvalid that says which field. Internal to data.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/text.h"

namespace lambdaml::json {

using Value = nlohmann::json;

// Text from outside may hold bytes that are not UTF-8; they are replaced rather than refused when it is written.
template <class Json>
std::string Dump(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

inline Result<Value> Parse(std::string_view text) {
  Value value = Value::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return Error{Code::kInvalid, "it is not JSON"};
  if (!value.is_object()) return Error{Code::kInvalid, "it is not a JSON object"};
  return value;
}

inline Result<const Value*> Member(const Value& object, std::string_view name) {
  const auto at = object.find(name);
  if (!object.is_object() || at == object.end()) return Error{Code::kInvalid, StrCat("field '", name, "' is missing")};
  return &*at;
}

inline Result<std::uint64_t> Count(const Value& object, std::string_view name) {
  const Value& value = *TRY(Member(object, name));
  if (!value.is_number_unsigned()) {
    return Error{Code::kInvalid, StrCat("field '", name, "' is not a whole number of at least 0")};
  }
  return value.get<std::uint64_t>();
}

inline Result<std::string> Text(const Value& object, std::string_view name) {
  const Value& value = *TRY(Member(object, name));
  if (!value.is_string()) return Error{Code::kInvalid, StrCat("field '", name, "' is not a text")};
  return value.get<std::string>();
}

inline Result<const Value*> List(const Value& object, std::string_view name) {
  const Value* const value = TRY(Member(object, name));
  if (!value->is_array()) return Error{Code::kInvalid, StrCat("field '", name, "' is not a list")};
  return value;
}

}  // namespace lambdaml::json
