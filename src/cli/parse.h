// SPDX-License-Identifier: Apache-2.0
#pragma once

// Words of a command line into the settings of a command. kInvalid says which word is wrong and, where one is near,
// which was meant.

#include <span>
#include <string>

#include "base/result.h"
#include "cli/command.h"

namespace lambdaml {

// `words` follow the command's name.
Result<void> ParseWords(const Parameters& parameters, std::span<const std::string> words);

}  // namespace lambdaml
