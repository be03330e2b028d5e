// SPDX-License-Identifier: Apache-2.0
#include "cli/reference.h"

#include <array>
#include <cmath>

#include "base/text.h"
#include "cli/catalogs.h"
#include "cli/help.h"
#include "job/spec.h"

namespace lambdaml {

namespace {

// A cell of a table is one line, and '|' and '<' have a meaning in it.
std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c == '<' ? std::string("&lt;") : std::string(1, c == '\n' ? ' ' : c);
  }
  return cell;
}

std::string Code(std::string_view text) { return StrCat("`", text, "`"); }

std::string Allowed(const Bounds& bounds) {
  std::vector<std::string> words;
  for (const std::string& word : bounds.one_of) words.push_back(Code(word));
  if (!words.empty()) return JoinWith(", ", words);
  const bool from = std::isfinite(bounds.min);
  const bool to = std::isfinite(bounds.max);
  if (from && to) return StrCat(bounds.min, " to ", bounds.max);
  if (from) return StrCat("at least ", bounds.min);
  return to ? StrCat("at most ", bounds.max) : "";
}

struct TableOf {
  std::string_view key;         // heading of the first column
  std::string_view no_default;  // what stands where there is none
};

void AppendRows(std::string& page, const std::vector<FieldInfo>& fields, const TableOf& table, std::string_view group) {
  for (const FieldInfo& field : fields) {
    const std::string name = StrCat(group, field.name);
    if (field.type == "group") {
      AppendRows(page, field.group, table, StrCat(name, "."));
      continue;
    }
    const std::string value = field.default_value.empty() ? std::string(table.no_default) : Code(field.default_value);
    page += StrCat("| ", Code(name), " | ", field.type, " | ", value, " | ", Allowed(field.bounds), " | ",
                   Cell(field.summary), " |\n");
  }
}

std::string SettingsTable(const std::vector<FieldInfo>& fields, const TableOf& table) {
  std::string page = StrCat("| ", table.key, " | type | default | allowed | meaning |\n|---|---|---|---|---|\n");
  AppendRows(page, fields, table, "");
  return page;
}

std::string NamesTable(std::string_view heading, const std::vector<CatalogEntry>& entries) {
  std::string page = StrCat("| ", heading, " | what it is |\n|---|---|\n");
  for (const CatalogEntry& entry : entries) page += StrCat("| ", Code(entry.name), " | ", Cell(entry.summary), " |\n");
  return page;
}

// A section for each entry, with its settings.
std::string Sections(const std::vector<CatalogEntry>& entries) {
  std::string page;
  for (const CatalogEntry& entry : entries) {
    page += StrCat("\n### ", entry.name, "\n\n", entry.summary, ".\n");
    if (entry.settings.empty()) continue;
    page += StrCat("\n", SettingsTable(entry.settings, {.key = "setting", .no_default = "none"}));
  }
  return page;
}

std::vector<FieldInfo> JobKeys() {
  JobSpec spec;
  const Fields fields = Describe(spec);
  std::vector<FieldInfo> keys = Listing(fields);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (Choice* const* choice = std::get_if<Choice*>(&fields[i].target)) keys[i].default_value = (*choice)->kind;
  }
  return keys;
}

std::string JobPage(std::span<const Command* const>) {
  return StrCat(
      "# Job files\n\nA job file is YAML or JSON: a map of these keys. `lambdaml train` runs it, `lambdaml doctor` "
      "checks "
      "it, `lambdaml job\nschema` prints a JSON Schema of it for editors. `$NAME` in `data`, `channel` and `output` is "
      "replaced from the\nenvironment. On the command line a key is changed by `--set workers=8`, one of a group or a "
      "choice by\n`--set algorithm.epochs=5`.\n\n## Keys\n\nA choice is the name of a kind, or a map of the kind and "
      "its "
      "settings: `{kind: logistic, l2: 0.0001}`. A key with a\npoint in its name stands in a group: `function: "
      "{timeout_s: 60}`.\n\n",
      SettingsTable(JobKeys(), {.key = "key", .no_default = "required"}), "\n## Models\n", Sections(ModelCatalog()),
      "\n## Algorithms\n", Sections(AlgorithmCatalog()), "\n## Patterns\n\n", NamesTable("`pattern`", PatternCatalog()),
      "\n## Channels\n\nThe scheme of the URL says which.\n\n", NamesTable("scheme of `channel`", ChannelCatalog()),
      "\n## Platforms\n\n", NamesTable("`platform`", PlatformCatalog()));
}

std::string DataPage(std::span<const Command* const>) {
  return StrCat(
      "# Data\n\n## Formats\n\n`lambdaml data import` reads files of these formats, each plain or gzipped.\n\n",
      NamesTable("format", FormatCatalog()),
      "\n## Generators\n\n`lambdaml data generate KIND` makes a dataset from a seed. A setting is given as "
      "`--set NAME=VALUE`.\n",
      Sections(GeneratorCatalog()));
}

std::string CliPage(std::span<const Command* const> commands) {
  std::string page =
      "# Commands\n\nExit code: 0 done, 1 failed, 2 bad input. The [guide](../guide/cli.md) says what holds for every "
      "command.\n";
  std::string_view topic;
  for (const Command* const command : commands) {
    if (command->topic != topic) page += StrCat("\n## ", command->topic, "\n");
    topic = command->topic;
    page += StrCat("\n### lambdaml ", command->name, "\n\n```text\n", CommandHelp(*command), "```\n");
  }
  return page;
}

// The only list of pages. Add one line here.
constexpr std::array kPages{
    ReferencePage{"job", "every key of a job file, and what may be chosen", JobPage},
    ReferencePage{"data", "what can be imported and generated", DataPage},
    ReferencePage{"cli", "every command", CliPage},
};

}  // namespace

std::span<const ReferencePage> ReferencePages() { return kPages; }

}  // namespace lambdaml
