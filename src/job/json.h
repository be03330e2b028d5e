// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading and writing the JSON of values that functions exchange. Reader turns every surprise (a missing member,
// another type) into kInvalid that names the document and the member. For src/job and src/coordination alone.

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "job/spec.h"

namespace lambdaml::json {

using Value = nlohmann::ordered_json;

inline constexpr std::size_t kDocumentBytesMax = std::size_t{64} << 20U;

// On one line; text that is not UTF-8 has its bad bytes replaced.
std::string Write(const Value& value);
// Indented, with a final newline, for files that people open.
std::string WritePretty(const Value& value);

Value FromSpec(const JobSpec& spec);

class Reader {
 public:
  static Result<Reader> Parse(std::string_view text, std::string_view document);

  bool Has(std::string_view member) const;
  Result<std::string> Text(std::string_view member) const;
  Result<std::int64_t> Integer(std::string_view member) const;
  Result<double> Number(std::string_view member) const;
  Result<Reader> Object(std::string_view member) const;
  Result<std::vector<Reader>> Array(std::string_view member) const;
  Result<std::vector<std::string>> Texts(std::string_view member) const;
  // Every member of the document itself, all of which must be numbers.
  Result<std::map<std::string, double>> Numbers() const;
  // The member's own text as JSON.
  Result<std::string> Nested(std::string_view member) const;
  // The elements, if the document itself is an array.
  Result<std::vector<Reader>> Elements() const;

 private:
  Reader(Value value, std::string document) : value_(std::move(value)), document_(std::move(document)) {}
  Result<const Value*> Member(std::string_view member) const;
  Error Wrong(std::string_view member, std::string_view expected) const;

  Value value_;
  std::string document_;
};

}  // namespace lambdaml::json
