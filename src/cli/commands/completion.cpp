// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include "cli/commands/commands.h"

namespace lambdaml {

namespace {

struct CompletionSettings {
  std::string shell;
};

Parameters Describe(CompletionSettings& s) { return {.arguments = {{"SHELL", &s.shell, "bash, zsh or fish"}}}; }

Result<Exit> Completion(const CompletionSettings& settings, Session& session) {
  if (settings.shell == "bash") {
    session.terminal.Out(BashCompletion(session.commands));
  } else if (settings.shell == "zsh") {
    session.terminal.Out(ZshCompletion(session.commands));
  } else if (settings.shell == "fish") {
    session.terminal.Out(FishCompletion(session.commands));
  } else {
    return Error{Code::kInvalid, "'" + settings.shell + "' is not one of bash, zsh, fish"};
  }
  return Exit::kDone;
}

}  // namespace

constinit const Command kCompletion = {.name = "completion",
                                       .topic = "About",
                                       .summary = "Print a script that lets your shell complete commands and options",
                                       .examples = "source <(lambdaml completion bash)",
                                       .start = Start<CompletionSettings, Completion>};

}  // namespace lambdaml
