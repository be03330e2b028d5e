// SPDX-License-Identifier: Apache-2.0
#pragma once

// A setting that exists once. A struct of settings has one function Describe that lists its fields; job files, command
// line flags, --help, the JSON Schema and the reference pages are all readers of that list.
//
//   struct LogisticSettings { double l2 = 0; };
//   inline Fields Describe(LogisticSettings& s) {
//     return {{"l2", s.l2, "weight of the squared norm of the weights in the loss", {.min = 0}}};
//   }
//
// A Field points into the struct that was described and must not outlive it.

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace lambdaml {

// What a pluggable part is called and how it is set: {kind: logistic, l2: 0.1}. The values are scalar texts; the part
// itself reads them through its own Describe (see Apply).
struct Choice {
  std::string kind;
  std::map<std::string, std::string> settings;

  friend bool operator==(const Choice&, const Choice&) = default;
};

struct Bounds {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::vector<std::string> one_of{};  // for a text: the words allowed; empty: any
};

struct Field;
using Fields = std::vector<Field>;

struct Field {
  using Target = std::variant<std::int64_t*, double*, bool*, std::string*, Choice*, Fields>;

  Field(std::string_view name_, std::int64_t& at, std::string_view summary_, Bounds bounds_ = {})
      : name(name_), summary(summary_), bounds(std::move(bounds_)), target(&at) {}
  Field(std::string_view name_, double& at, std::string_view summary_, Bounds bounds_ = {})
      : name(name_), summary(summary_), bounds(std::move(bounds_)), target(&at) {}
  Field(std::string_view name_, bool& at, std::string_view summary_) : name(name_), summary(summary_), target(&at) {}
  Field(std::string_view name_, std::string& at, std::string_view summary_, Bounds bounds_ = {})
      : name(name_), summary(summary_), bounds(std::move(bounds_)), target(&at) {}
  Field(std::string_view name_, Choice& at, std::string_view summary_) : name(name_), summary(summary_), target(&at) {}
  Field(std::string_view name_, Fields group, std::string_view summary_)
      : name(name_), summary(summary_), target(std::move(group)) {}

  std::string_view name;
  std::string_view summary;
  Bounds bounds;
  Target target;
};

// Sets a scalar field from its text. kInvalid, with the field's name, what was given and what is allowed.
Result<void> Assign(const Field& field, std::string_view text);

// The field of that name, or kInvalid with the nearest name. `what` is what the fields belong to ("the job file").
Result<const Field*> Find(const Fields& fields, std::string_view name, std::string_view what);

// Assigns every setting of `choice` to the fields of that kind. `what` is for messages ("model logistic").
Result<void> Apply(const Choice& choice, const Fields& fields, std::string_view what);

// The value as text: 512, 0.1, true, file:///x. Not for Choice and groups.
std::string ValueText(const Field& field);

// "integer", "number", "true or false", "text", "choice" or "group".
std::string_view TypeName(const Field& field);

// What a listing, a schema or a reference page says of a field; free of the struct it was read from.
struct FieldInfo {
  std::string name;
  std::string type;           // as TypeName
  std::string default_value;  // as ValueText
  std::string summary;
  Bounds bounds;
  std::vector<FieldInfo> group;
};

std::vector<FieldInfo> Listing(const Fields& fields);

// The listing of a settings struct at its defaults.
template <class Settings>
std::vector<FieldInfo> SettingsOf() {
  Settings settings;
  return Listing(Describe(settings));
}

}  // namespace lambdaml
