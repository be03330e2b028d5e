// SPDX-License-Identifier: Apache-2.0
#pragma once

// Another program, run to its end without a shell.

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace lambdaml {

struct RunOptions {
  std::size_t output_bytes_max = std::size_t{16} << 20U;  // of standard output
  Clock::Duration timeout = std::chrono::minutes(10);
};

// Runs `command`, found as in a shell, with this process's environment and nothing to read, and returns what it wrote
// to standard output. kNotFound when there is no such program, kTimeout when it took too long and was killed, kInvalid
// when it wrote too much, and kInternal when it failed: then the message ends with what it wrote to standard error.
// Messages name the program without its arguments.
Result<std::string> RunCommand(const std::vector<std::string>& command, const RunOptions& options = {});

}  // namespace lambdaml
