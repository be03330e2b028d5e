// SPDX-License-Identifier: Apache-2.0
#include "base/field.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace lambdaml {

namespace {

Error Wrong(const Field& field, std::string_view given, std::string_view allowed) {
  return {Code::kInvalid, StrCat(field.name, ": '", given, "' is not ", allowed)};
}

std::string Range(const Bounds& bounds) {
  if (std::isinf(bounds.min) && std::isinf(bounds.max)) return "";
  if (std::isinf(bounds.max)) return StrCat(" of at least ", bounds.min);
  if (std::isinf(bounds.min)) return StrCat(" of at most ", bounds.max);
  return StrCat(" from ", bounds.min, " to ", bounds.max);
}

template <class Number>
Result<void> AssignNumber(const Field& field, Number* at, std::optional<Number> number, std::string_view given) {
  const std::string allowed = StrCat(std::is_integral_v<Number> ? "an integer" : "a number", Range(field.bounds));
  if (!number) return Wrong(field, given, allowed);
  const auto value = static_cast<double>(*number);
  if (!std::isfinite(value) || value < field.bounds.min || value > field.bounds.max)
    return Wrong(field, given, allowed);
  *at = *number;
  return {};
}

Result<void> AssignText(const Field& field, std::string* at, std::string_view text) {
  const auto& words = field.bounds.one_of;
  if (!words.empty() && std::find(words.begin(), words.end(), text) == words.end()) {
    return Wrong(field, text, StrCat("one of ", JoinWith(", ", words)));
  }
  *at = text;
  return {};
}

struct Assigner {
  const Field& field;
  std::string_view text;

  Result<void> operator()(std::int64_t* at) const { return AssignNumber(field, at, ParseInteger(text), text); }
  Result<void> operator()(double* at) const { return AssignNumber(field, at, ParseDouble(text), text); }
  Result<void> operator()(std::string* at) const { return AssignText(field, at, text); }
  Result<void> operator()(bool* at) const {
    if (text != "true" && text != "false") return Wrong(field, text, "true or false");
    *at = text == "true";
    return {};
  }
  Result<void> operator()(Choice* at) const {
    at->kind = text;
    return {};
  }
  Result<void> operator()(const Fields&) const { return Wrong(field, text, "a group of settings"); }
};

struct Printer {
  std::string operator()(const std::int64_t* at) const { return StrCat(*at); }
  std::string operator()(const double* at) const { return StrCat(*at); }
  std::string operator()(const bool* at) const { return *at ? "true" : "false"; }
  std::string operator()(const std::string* at) const { return *at; }
  std::string operator()(const Choice* at) const { return at->kind; }
  std::string operator()(const Fields&) const { return ""; }
};

}  // namespace

Result<void> Assign(const Field& field, std::string_view text) {
  return std::visit(Assigner{field, text}, field.target);
}

Result<const Field*> Find(const Fields& fields, std::string_view name, std::string_view what) {
  std::vector<std::string> names;
  for (const Field& field : fields) {
    if (field.name == name) return &field;
    names.emplace_back(field.name);
  }
  if (names.empty()) return Error{Code::kInvalid, StrCat(what, " has no settings, '", name, "' was given")};
  const auto nearest = Nearest(name, names);
  const std::string hint =
      nearest ? StrCat("did you mean '", *nearest, "'?") : StrCat("known are ", JoinWith(", ", names));
  return Error{Code::kInvalid, StrCat(what, " has no setting '", name, "'; ", hint)};
}

Result<void> Apply(const Choice& choice, const Fields& fields, std::string_view what) {
  for (const auto& [name, text] : choice.settings) {
    const Field* const field = TRY(Find(fields, name, what));
    TRY(Assign(*field, text).Context(what));
  }
  return {};
}

std::string ValueText(const Field& field) { return std::visit(Printer{}, field.target); }

std::string_view TypeName(const Field& field) {
  constexpr std::string_view kNames[] = {"integer", "number", "true or false", "text", "choice", "group"};
  return kNames[field.target.index()];
}

std::vector<FieldInfo> Listing(const Fields& fields) {
  std::vector<FieldInfo> listing;
  for (const Field& field : fields) {
    const Fields* const group = std::get_if<Fields>(&field.target);
    listing.push_back({.name = std::string(field.name),
                       .type = std::string(TypeName(field)),
                       .default_value = ValueText(field),
                       .summary = std::string(field.summary),
                       .bounds = field.bounds,
                       .group = group == nullptr ? std::vector<FieldInfo>() : Listing(*group)});
  }
  return listing;
}

}  // namespace lambdaml
