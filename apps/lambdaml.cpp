// SPDX-License-Identifier: Apache-2.0

// The command line program. Everything the process owns is visible here.

#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "base/clock.h"
#include "base/environment.h"
#include "cli/cli.h"

int main(int count, char** words) {
  // A reader that goes away (`| head`) must not end a job.
  std::signal(SIGPIPE, SIG_IGN);
  const lambdaml::Environment environment = lambdaml::Environment::OfProcess();
  lambdaml::SystemClock clock;
  lambdaml::DescriptorTerminal terminal(STDOUT_FILENO, STDERR_FILENO, environment, STDIN_FILENO);
  std::error_code none;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", none);
  return lambdaml::RunCli(std::vector<std::string>(words + 1, words + count),
                          {.terminal = terminal, .environment = environment, .clock = clock, .program = program});
}
