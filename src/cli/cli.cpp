// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/registry.h"

namespace lambdaml {

namespace {

using Words = std::span<const std::string>;

int ExitCodeOf(const Error& error) {
  const bool bad_input = error.code == Code::kInvalid || error.code == Code::kNotFound || error.code == Code::kConflict;
  return static_cast<int>(bad_input ? Exit::kBadInput : Exit::kFailed);
}

int Fail(Terminal& terminal, const Error& error) {
  std::string line = error.message;
  std::replace(line.begin(), line.end(), '\n', ' ');
  terminal.Err(StrCat("lambdaml: ", line, "\n"));
  return ExitCodeOf(error);
}

bool AsksForHelp(Words words) {
  for (const std::string& word : words) {
    if (word == "--") return false;
    if (word == "--help" || word == "-h") return true;
  }
  return false;
}

// The words of the line that name a command: "data import" or "train".
std::string NameIn(Words words, std::size_t count) {
  std::string name = words[0];
  for (std::size_t i = 1; i < count; ++i) name += StrCat(" ", words[i]);
  return name;
}

struct Found {
  const Command* command = nullptr;
  Words rest;
};

Found FindCommand(std::span<const Command* const> commands, Words words) {
  for (std::size_t count = std::min<std::size_t>(words.size(), 2); count > 0; --count) {
    const std::string name = NameIn(words, count);
    for (const Command* const command : commands) {
      if (command->name == name) return {command, words.subspan(count)};
    }
  }
  return {};
}

bool IsGroup(std::span<const Command* const> commands, std::string_view word) {
  return std::any_of(commands.begin(), commands.end(),
                     [word](const Command* command) { return command->name.starts_with(StrCat(word, " ")); });
}

Error UnknownCommand(std::span<const Command* const> commands, Words words) {
  const bool in_group = words.size() > 1 && IsGroup(commands, words[0]);
  const std::string given = NameIn(words, in_group ? 2 : 1);
  std::set<std::string> names;
  for (const Command* const command : commands) {
    names.emplace(command->name);
    names.emplace(SplitText(command->name, ' ').front());
  }
  const auto nearest = Nearest(given, std::vector<std::string>(names.begin(), names.end()));
  const std::string hint = nearest ? StrCat("did you mean '", *nearest, "'?") : "see lambdaml --help";
  return {Code::kInvalid, StrCat("unknown command '", given, "'; ", hint)};
}

int RunCommand(const Command& command, Words words, Session& session) {
  if (AsksForHelp(words)) {
    session.terminal.Out(CommandHelp(command));
    return 0;
  }
  const std::unique_ptr<Call> call = command.start();
  const Result<void> parsed = ParseWords(call->parameters(), words).Context(command.name);
  if (!parsed.ok()) return Fail(session.terminal, parsed.error());
  session.command = command.name;
  const Result<Exit> exit = call->Run(session).Context(command.name);
  return exit.ok() ? static_cast<int>(exit.value()) : Fail(session.terminal, exit.error());
}

}  // namespace

int RunCli(Words words, const CliOptions& options) {
  Session session{.terminal = options.terminal,
                  .environment = options.environment,
                  .clock = options.clock,
                  .program = options.program,
                  .commands = Commands()};
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    session.terminal.Out(Overview(session.commands));
    return 0;
  }
  if (words[0] == "--version") {
    session.terminal.Out(StrCat("lambdaml ", LAMBDAML_VERSION, "\n"));
    return 0;
  }
  const Found found = FindCommand(session.commands, words);
  if (found.command != nullptr) return RunCommand(*found.command, found.rest, session);
  const bool group = IsGroup(session.commands, words[0]) && (words.size() == 1 || words[1].starts_with('-'));
  if (!group) return Fail(session.terminal, UnknownCommand(session.commands, words));
  session.terminal.Out(GroupHelp(session.commands, words[0]));
  return 0;
}

}  // namespace lambdaml
