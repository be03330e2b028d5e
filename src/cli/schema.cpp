// SPDX-License-Identifier: Apache-2.0
#include "cli/schema.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "job/spec.h"

namespace lambdaml {

namespace {

using Json = nlohmann::ordered_json;

Json DefaultOf(const FieldInfo& field) {
  if (field.type == "integer") return ParseInteger(field.default_value).value_or(0);
  if (field.type == "number") return ParseDouble(field.default_value).value_or(0);
  if (field.type == "true or false") return field.default_value == "true";
  return field.default_value;
}

std::string_view JsonType(const FieldInfo& field) {
  if (field.type == "integer") return "integer";
  if (field.type == "number") return "number";
  if (field.type == "true or false") return "boolean";
  if (field.type == "text") return "string";
  return "object";
}

// A bound of an integer is written as one.
Json Bound(const FieldInfo& field, double bound) {
  if (field.type == "integer") return static_cast<std::int64_t>(bound);
  return bound;
}

Json ObjectOf(const std::vector<FieldInfo>& fields);

Json PropertyOf(const FieldInfo& field) {
  Json property = field.type == "group" ? ObjectOf(field.group) : Json{{"type", JsonType(field)}};
  property["description"] = field.summary;
  if (std::isfinite(field.bounds.min)) property["minimum"] = Bound(field, field.bounds.min);
  if (std::isfinite(field.bounds.max)) property["maximum"] = Bound(field, field.bounds.max);
  if (!field.bounds.one_of.empty()) property["enum"] = field.bounds.one_of;
  if (field.type != "group" && field.type != "choice" && !field.default_value.empty()) {
    property["default"] = DefaultOf(field);
  }
  return property;
}

Json ObjectOf(const std::vector<FieldInfo>& fields) {
  Json object = {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  for (const FieldInfo& field : fields) object["properties"][field.name] = PropertyOf(field);
  return object;
}

// {kind: one of the entries, and the settings of that kind}
Json ChoiceOf(const std::vector<CatalogEntry>& entries) {
  Json alternatives = Json::array();
  for (const CatalogEntry& entry : entries) {
    Json alternative = ObjectOf(entry.settings);
    alternative["properties"]["kind"] = {{"const", entry.name}, {"description", entry.summary}};
    alternative["required"] = {"kind"};
    alternatives.push_back(std::move(alternative));
  }
  return {{"type", "object"}, {"oneOf", alternatives}};
}

Json NamesOf(const std::vector<CatalogEntry>& entries) {
  Json names = Json::array();
  for (const CatalogEntry& entry : entries) names.push_back(entry.name);
  return names;
}

void Refine(Json& property, const Json& choice) {
  const std::string description = property["description"];
  property = choice;
  property["description"] = description;
}

}  // namespace

std::string JobSchema(const SchemaChoices& choices) {
  JobSpec spec;
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "lambdaml job"}};
  schema.update(ObjectOf(Listing(Describe(spec))));
  Json& properties = schema["properties"];
  Refine(properties["model"], ChoiceOf(choices.models));
  Refine(properties["algorithm"], ChoiceOf(choices.algorithms));
  properties["pattern"]["enum"] = NamesOf(choices.patterns);
  properties["platform"]["enum"] = choices.platforms;
  schema["required"] = {"name", "data", "channel", "output"};
  return schema.dump(2) + "\n";
}

}  // namespace lambdaml
