// SPDX-License-Identifier: Apache-2.0
#include "job/json.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace lambdaml::json {

std::string Write(const Value& value) { return value.dump(-1, ' ', false, Value::error_handler_t::replace); }

std::string WritePretty(const Value& value) {
  return value.dump(2, ' ', false, Value::error_handler_t::replace) + "\n";
}

Result<Reader> Reader::Parse(std::string_view text, std::string_view document) {
  if (text.size() > kDocumentBytesMax) {
    return Error{Code::kInvalid, StrCat(document, ": ", text.size(), " bytes of JSON are more than is ever written")};
  }
  Value value = Value::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return Error{Code::kInvalid, StrCat(document, ": not JSON")};
  return Reader(std::move(value), std::string(document));
}

bool Reader::Has(std::string_view member) const {
  return value_.is_object() && value_.contains(member) && !value_[std::string(member)].is_null();
}

Error Reader::Wrong(std::string_view member, std::string_view expected) const {
  return {Code::kInvalid, StrCat(document_, ": '", member, "' is not ", expected)};
}

Result<const Value*> Reader::Member(std::string_view member) const {
  if (!Has(member)) return Error{Code::kInvalid, StrCat(document_, ": '", member, "' is missing")};
  return &value_[std::string(member)];
}

Result<std::string> Reader::Text(std::string_view member) const {
  const Value* const value = TRY(Member(member));
  if (!value->is_string()) return Wrong(member, "a text");
  return value->get<std::string>();
}

Result<std::int64_t> Reader::Integer(std::string_view member) const {
  const Value* const value = TRY(Member(member));
  if (!value->is_number_integer()) return Wrong(member, "an integer");
  return value->get<std::int64_t>();
}

Result<double> Reader::Number(std::string_view member) const {
  const Value* const value = TRY(Member(member));
  if (!value->is_number()) return Wrong(member, "a number");
  return value->get<double>();
}

Result<Reader> Reader::Object(std::string_view member) const {
  const Value* const value = TRY(Member(member));
  if (!value->is_object()) return Wrong(member, "an object");
  return Reader(*value, StrCat(document_, ".", member));
}

Result<std::vector<Reader>> Reader::Array(std::string_view member) const {
  const Value* const value = TRY(Member(member));
  return Reader(*value, StrCat(document_, ".", member)).Elements();
}

Result<std::vector<std::string>> Reader::Texts(std::string_view member) const {
  const Value* const value = TRY(Member(member));
  const auto is_text = [](const Value& element) { return element.is_string(); };
  if (!value->is_array() || !std::all_of(value->begin(), value->end(), is_text))
    return Wrong(member, "an array of texts");
  return value->get<std::vector<std::string>>();
}

Result<std::map<std::string, double>> Reader::Numbers() const {
  std::map<std::string, double> numbers;
  for (const auto& [name, value] : value_.items()) numbers[name] = TRY(Number(name));
  return numbers;
}

Result<std::string> Reader::Nested(std::string_view member) const {
  const Value* const value = TRY(Member(member));
  return Write(*value);
}

Result<std::vector<Reader>> Reader::Elements() const {
  if (!value_.is_array()) return Error{Code::kInvalid, StrCat(document_, ": not an array")};
  std::vector<Reader> elements;
  for (const Value& value : value_) elements.push_back(Reader(value, StrCat(document_, "[", elements.size(), "]")));
  return elements;
}

}  // namespace lambdaml::json
