// SPDX-License-Identifier: Apache-2.0
#pragma once

// The program `lambdaml`, without its process: words in, exit code out. Exit codes: 0 done, 1 failed, 2 bad input. An
// error is one line on the terminal's err: what was done, what is wrong, what to do.

#include <span>
#include <string>

#include "cli/command.h"

namespace lambdaml {

struct CliOptions {
  Terminal& terminal;
  const Environment& environment;
  Clock& clock;
  std::string program;  // path of this program
};

int RunCli(std::span<const std::string> words, const CliOptions& options);

}  // namespace lambdaml
