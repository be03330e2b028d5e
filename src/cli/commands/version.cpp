// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/commands/commands.h"

namespace lambdaml {

namespace {

Result<Exit> Version(const NoSettings&, Session& session) {
  session.terminal.Out(StrCat("lambdaml ", LAMBDAML_VERSION, "\n"));
  return Exit::kDone;
}

}  // namespace

constinit const Command kVersion = {.name = "version",
                                    .topic = "About",
                                    .summary = "Print the version",
                                    .examples = "lambdaml version",
                                    .start = Start<NoSettings, Version>};

}  // namespace lambdaml
