// SPDX-License-Identifier: Apache-2.0
#include "cli/parse.h"

#include <CLI/CLI.hpp>
#include <deque>
#include <map>

#include "base/text.h"

namespace lambdaml {

namespace {

// What the words said; the library fills it, and Store moves it into the settings.
struct Given {
  std::deque<std::string> arguments;
  std::deque<std::string> values;
  std::deque<bool> flags;
};

bool IsFlag(const Field& field) { return std::holds_alternative<bool*>(field.target); }

void Declare(CLI::App& app, const Parameters& parameters, Given& given) {
  for (const Argument& argument : parameters.arguments) {
    app.add_option(std::string(argument.name), given.arguments.emplace_back());
  }
  if (parameters.last) app.add_option(std::string(parameters.last->name), *parameters.last->at)->expected(-1);
  for (const Field& field : parameters.options) {
    std::string& value = given.values.emplace_back();
    bool& flag = given.flags.emplace_back(false);
    if (IsFlag(field)) {
      app.add_flag(OptionName(field.name), flag);
    } else {
      app.add_option(OptionName(field.name), value)->take_last();
    }
  }
  for (const ListOption& list : parameters.lists) {
    app.add_option(OptionName(list.name), *list.at)->expected(1)->take_all();
  }
}

std::vector<std::string> OptionNames(const Parameters& parameters) {
  std::vector<std::string> names = {"--help"};
  for (const Field& field : parameters.options) names.push_back(OptionName(field.name));
  for (const ListOption& list : parameters.lists) names.push_back(OptionName(list.name));
  return names;
}

Error Unknown(const Parameters& parameters, const std::string& word) {
  if (!word.starts_with('-')) return {Code::kInvalid, StrCat("unexpected argument '", word, "'; see --help")};
  const auto nearest = Nearest(word.substr(0, word.find('=')), OptionNames(parameters));
  const std::string hint = nearest ? StrCat("did you mean ", *nearest, "?") : "see --help";
  return {Code::kInvalid, StrCat("unknown option '", word, "'; ", hint)};
}

Result<void> TakeSettings(const CLI::App& app, const Parameters& parameters, const Given& given) {
  for (std::size_t i = 0; i < parameters.arguments.size(); ++i) {
    const Argument& argument = parameters.arguments[i];
    *argument.at = given.arguments[i];
    if (argument.need == Need::kRequired && argument.at->empty()) {
      return Error{Code::kInvalid, StrCat(argument.name, " is missing (", argument.summary, "); see --help")};
    }
  }
  if (parameters.last && parameters.last->need == Need::kRequired && parameters.last->at->empty()) {
    return Error{Code::kInvalid,
                 StrCat(parameters.last->name, " is missing (", parameters.last->summary, "); see --help")};
  }
  for (std::size_t i = 0; i < parameters.options.size(); ++i) {
    const Field& field = parameters.options[i];
    if (app.count(OptionName(field.name)) == 0) continue;
    TRY(Assign(field, IsFlag(field) ? (given.flags[i] ? "true" : "false") : given.values[i]));
  }
  return {};
}

}  // namespace

std::string OptionName(std::string_view field) {
  std::string name = StrCat("--", field);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

Result<void> ParseWords(const Parameters& parameters, std::span<const std::string> words) {
  try {
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    Given given;
    Declare(app, parameters, given);
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    const std::vector<std::string> rest = app.remaining();
    if (!rest.empty()) return Unknown(parameters, rest.front());
    return TakeSettings(app, parameters, given);
  } catch (const CLI::Error& error) {
    return Error{Code::kInvalid, error.what()};
  }
}

}  // namespace lambdaml
