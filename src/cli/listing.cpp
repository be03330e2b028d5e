// SPDX-License-Identifier: Apache-2.0
#include "cli/listing.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/table.h"

namespace lambdaml {

namespace {

using Json = nlohmann::ordered_json;

std::string SettingSummary(const FieldInfo& field) {
  std::string text = field.summary;
  if (!field.bounds.one_of.empty()) text += StrCat(": ", JoinWith(", ", field.bounds.one_of));
  return text;
}

std::string AsTable(std::span<const CatalogEntry> entries) {
  Table table;
  for (const CatalogEntry& entry : entries) {
    table.Row({entry.name, entry.summary});
    for (const FieldInfo& field : entry.settings) {
      table.Row({StrCat("  ", field.name), StrCat("  ", SettingSummary(field), " (", field.type, ", default ",
                                                  field.default_value.empty() ? "none" : field.default_value, ")")});
    }
  }
  return table.Text();
}

Json AsJson(const FieldInfo& field) {
  Json json = {
      {"name", field.name}, {"type", field.type}, {"default", field.default_value}, {"summary", field.summary}};
  if (std::isfinite(field.bounds.min)) json["minimum"] = field.bounds.min;
  if (std::isfinite(field.bounds.max)) json["maximum"] = field.bounds.max;
  if (!field.bounds.one_of.empty()) json["one_of"] = field.bounds.one_of;
  return json;
}

Json AsJson(std::span<const CatalogEntry> entries) {
  Json list = Json::array();
  for (const CatalogEntry& entry : entries) {
    Json settings = Json::array();
    for (const FieldInfo& field : entry.settings) settings.push_back(AsJson(field));
    list.push_back({{"name", entry.name}, {"summary", entry.summary}, {"settings", settings}});
  }
  return list;
}

}  // namespace

std::string ListingOf(std::span<const CatalogEntry> entries, ListingForm form) {
  return form == ListingForm::kTable ? AsTable(entries) : AsJson(entries).dump(2) + "\n";
}

Result<Exit> PrintListing(std::span<const CatalogEntry> entries, const ListSettings& settings, Session& session) {
  session.terminal.Out(ListingOf(entries, settings.json ? ListingForm::kJson : ListingForm::kTable));
  return Exit::kDone;
}

}  // namespace lambdaml
