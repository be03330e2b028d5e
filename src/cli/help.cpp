// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include "base/text.h"
#include "cli/table.h"

namespace lambdaml {

namespace {

std::string Placeholder(const Field& field) {
  const std::string_view type = TypeName(field);
  if (type == "integer") return " N";
  if (type == "number") return " X";
  if (type == "text") return " TEXT";
  return "";
}

std::string SummaryOf(const Field& field) {
  std::string text(field.summary);
  if (!field.bounds.one_of.empty()) text += StrCat(": ", JoinWith(", ", field.bounds.one_of));
  const std::string value = ValueText(field);
  if (!value.empty() && value != "0" && value != "false") text += StrCat(" (default ", value, ")");
  return text;
}

std::string Usage(const Command& command, const Parameters& parameters) {
  std::string line = StrCat("Usage: lambdaml ", command.name);
  const auto add = [&line](const std::string& name, Need need) {
    line += need == Need::kRequired ? StrCat(" ", name) : StrCat(" [", name, "]");
  };
  for (const Argument& argument : parameters.arguments) add(std::string(argument.name), argument.need);
  if (parameters.last) add(StrCat(parameters.last->name, "..."), parameters.last->need);
  if (!parameters.options.empty() || !parameters.lists.empty()) line += " [options]";
  return line + "\n";
}

void AppendExamples(std::string& text, std::string_view examples) {
  if (examples.empty()) return;
  text += "\nExamples:\n";
  for (const std::string_view line : SplitText(examples, '\n')) text += StrCat("  ", line, "\n");
}

}  // namespace

std::string Overview(std::span<const Command* const> commands) {
  std::string text =
      StrCat("lambdaml ", LAMBDAML_VERSION, " trains machine-learning models on serverless functions.\n\n",
             "Usage: lambdaml COMMAND [arguments] [options]\n");
  Table table;
  std::string_view topic;
  for (const Command* const command : commands) {
    if (command->topic != topic) {
      topic = command->topic;
      table.Heading(StrCat("\n", topic, ":"));
    }
    table.Row({StrCat("  ", command->name), std::string(command->summary)});
  }
  return StrCat(text, table.Text(), "\nlambdaml COMMAND --help shows a command's options and examples.\n");
}

std::string GroupHelp(std::span<const Command* const> commands, std::string_view group) {
  Table table;
  for (const Command* const command : commands) {
    if (!command->name.starts_with(StrCat(group, " "))) continue;
    table.Row({StrCat("  ", command->name), std::string(command->summary)});
  }
  return StrCat("Usage: lambdaml ", group, " COMMAND [arguments] [options]\n\nCommands:\n", table.Text());
}

std::string CommandHelp(const Command& command) {
  const std::unique_ptr<Call> call = command.start();
  const Parameters parameters = call->parameters();
  std::string text = StrCat(command.summary, "\n\n", Usage(command, parameters));
  Table table;
  if (!parameters.arguments.empty()) table.Heading("\nArguments:");
  for (const Argument& argument : parameters.arguments) {
    table.Row({StrCat("  ", argument.name), std::string(argument.summary)});
  }
  if (parameters.last) table.Row({StrCat("  ", parameters.last->name, "..."), std::string(parameters.last->summary)});
  table.Heading("\nOptions:");
  for (const Field& field : parameters.options) {
    table.Row({StrCat("  ", OptionName(field.name), Placeholder(field)), SummaryOf(field)});
  }
  for (const ListOption& list : parameters.lists) {
    table.Row({StrCat("  ", OptionName(list.name), " ", list.value), std::string(list.summary)});
  }
  table.Row({"  --help", "show this"});
  text += table.Text();
  AppendExamples(text, command.examples);
  return text;
}

}  // namespace lambdaml
