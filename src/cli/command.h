// SPDX-License-Identifier: Apache-2.0
#pragma once

// A command of the program: what it is called, what it takes, and what it does. The parser, --help and the shell
// completions are readers of the same value. A command's file declares its settings as a struct, lists them once in
// Describe, and ends with the Command that registry.cpp puts into the table:
//
//   struct JobsSettings { bool json = false; };
//   Parameters Describe(JobsSettings& s) { return {.options = {{"json", s.json, "print JSON"}}}; }
//   Result<Exit> Jobs(const JobsSettings& settings, Session& session) { ... }
//   constinit const Command kJobs = {.name = "jobs", ..., .start = Start<JobsSettings, Jobs>};

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/environment.h"
#include "base/field.h"
#include "base/result.h"
#include "cli/terminal.h"
#include "storage/backend.h"

namespace lambdaml {

enum class Exit { kDone = 0, kFailed = 1, kBadInput = 2 };

struct Command;

// What a command is given besides its settings. Everything outlives the call.
struct Session {
  Terminal& terminal;
  const Environment& environment;
  Clock& clock;
  std::string program;  // path of this program; the worker program lies beside it
  std::span<const Command* const> commands;
  std::string_view command = {};  // the name of the one that runs

  StoreOptions stores() const { return {.clock = clock, .environment = environment}; }
};

enum class Need { kRequired, kOptional };

// A positional argument.
struct Argument {
  std::string_view name;  // as --help shows it: JOB.yaml
  std::string* at;
  std::string_view summary;
  Need need = Need::kRequired;
};

// Arguments at the end: one or more, or any number where they are optional.
struct LastArguments {
  std::string_view name;
  std::vector<std::string>* at;
  std::string_view summary;
  Need need = Need::kRequired;
};

// An option that may be given many times.
struct ListOption {
  std::string_view name;
  std::string_view value;  // as --help shows it: KEY=VALUE
  std::vector<std::string>* at;
  std::string_view summary;
};

// Points into the settings that were described. An option's name is its field's, with '-' for '_'.
struct Parameters {
  std::vector<Argument> arguments = {};
  Fields options = {};
  std::vector<ListOption> lists = {};
  std::optional<LastArguments> last = {};
};

// One run of a command: its settings, at their defaults until the parser has set them.
class Call {
 public:
  virtual ~Call() = default;
  virtual Parameters parameters() = 0;
  virtual Result<Exit> Run(Session& session) = 0;
};

template <class Settings, Result<Exit> (*run)(const Settings&, Session&)>
class CallOf final : public Call {
 public:
  Parameters parameters() override { return Describe(settings_); }
  Result<Exit> Run(Session& session) override { return run(settings_, session); }

 private:
  Settings settings_;
};

template <class Settings, Result<Exit> (*run)(const Settings&, Session&)>
std::unique_ptr<Call> Start() {
  return std::make_unique<CallOf<Settings, run>>();
}

struct Command {
  std::string_view name;   // "data import" is a command of the group "data"
  std::string_view topic;  // the heading of the overview that it stands under
  std::string_view summary;
  std::string_view examples;  // one a line
  std::unique_ptr<Call> (*start)();
};

// For commands without settings.
struct NoSettings {};
inline Parameters Describe(NoSettings&) { return {}; }

// The option of a field: learning_rate is --learning-rate.
std::string OptionName(std::string_view field);

}  // namespace lambdaml
