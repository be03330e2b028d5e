// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <set>
#include <vector>

#include "base/text.h"

namespace lambdaml {

namespace {

using Commands = std::span<const Command* const>;

struct Option {
  std::string name;
  std::string summary;
};

std::vector<Option> OptionsOf(const Command& command) {
  const std::unique_ptr<Call> call = command.start();
  const Parameters parameters = call->parameters();
  std::vector<Option> options = {{"--help", "show help"}};
  for (const Field& field : parameters.options) {
    options.push_back({OptionName(field.name), std::string(field.summary)});
  }
  for (const ListOption& list : parameters.lists) {
    options.push_back({OptionName(list.name), std::string(list.summary)});
  }
  return options;
}

std::string_view FirstWord(std::string_view name) { return name.substr(0, name.find(' ')); }

std::string_view SecondWord(std::string_view name) {
  const std::size_t space = name.find(' ');
  return space == std::string_view::npos ? std::string_view() : name.substr(space + 1);
}

// The words that may follow `before` ("" or a group), each once, in the table's order.
std::vector<std::string> WordsAfter(Commands commands, std::string_view before) {
  std::vector<std::string> words;
  std::set<std::string> seen;
  for (const Command* const command : commands) {
    const bool in_group = before.empty() || FirstWord(command->name) == before;
    const std::string word(before.empty() ? FirstWord(command->name) : SecondWord(command->name));
    if (in_group && !word.empty() && seen.insert(word).second) words.push_back(word);
  }
  return words;
}

// Options of a command, then, for a group, its commands.
std::string BashCase(std::string_view pattern, std::span<const std::string> words) {
  return StrCat("    \"", pattern, "\") words=\"", JoinWith(" ", words), "\" ;;\n");
}

// Within single quotes of a shell.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string BashCompletion(Commands commands) {
  std::string cases;
  std::set<std::string> groups;
  for (const Command* const command : commands) {
    std::vector<std::string> names;
    for (const Option& option : OptionsOf(*command)) names.push_back(option.name);
    cases += BashCase(command->name, names);
    if (!SecondWord(command->name).empty()) groups.emplace(FirstWord(command->name));
  }
  for (const std::string& group : groups) cases += BashCase(group, WordsAfter(commands, group));
  return StrCat(
      "# bash completion of lambdaml: put `source <(lambdaml completion bash)` into ~/.bashrc\n"
      "_lambdaml() {\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" words=\"\" name=\"\"\n"
      "  (( COMP_CWORD > 1 )) && name=\"${COMP_WORDS[1]}\"\n"
      "  case \"$name\" in\n    ",
      JoinWith("|", std::vector<std::string>(groups.begin(), groups.end())),
      ") (( COMP_CWORD > 2 )) && name=\"$name ${COMP_WORDS[2]}\" ;;\n"
      "  esac\n"
      "  case \"$name\" in\n",
      BashCase("", WordsAfter(commands, "")), cases,
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}\n"
      "complete -o default -F _lambdaml lambdaml\n");
}

std::string ZshCompletion(Commands commands) {
  return StrCat(
      "#compdef lambdaml\n"
      "# zsh completion of lambdaml: put `source <(lambdaml completion zsh)` into ~/.zshrc\n"
      "autoload -Uz bashcompinit && bashcompinit\n",
      BashCompletion(commands));
}

std::string FishCompletion(Commands commands) {
  std::string text =
      "# fish completion of lambdaml: lambdaml completion fish > ~/.config/fish/completions/lambdaml.fish\n";
  for (const Command* const command : commands) {
    const std::string_view first = FirstWord(command->name);
    const std::string_view second = SecondWord(command->name);
    std::string seen = StrCat("__fish_seen_subcommand_from ", first);
    const std::string_view about = second.empty() ? command->summary : std::string_view("commands of this group");
    text += StrCat("complete -c lambdaml -n __fish_use_subcommand -a ", first, " -d ", Quoted(about), "\n");
    if (!second.empty()) {
      text += StrCat("complete -c lambdaml -n ", Quoted(seen), " -a ", second, " -d ", Quoted(command->summary), "\n");
      seen += StrCat("; and __fish_seen_subcommand_from ", second);
    }
    for (const Option& option : OptionsOf(*command)) {
      text += StrCat("complete -c lambdaml -n ", Quoted(seen), " -l ", option.name.substr(2), " -d ",
                     Quoted(option.summary), "\n");
    }
  }
  return text;
}

}  // namespace lambdaml
