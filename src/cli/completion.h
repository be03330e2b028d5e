// SPDX-License-Identifier: Apache-2.0
#pragma once

// Scripts that let a shell complete commands and their options; made from the table of commands.

#include <span>
#include <string>

#include "cli/command.h"

namespace lambdaml {

std::string BashCompletion(std::span<const Command* const> commands);
std::string ZshCompletion(std::span<const Command* const> commands);
std::string FishCompletion(std::span<const Command* const> commands);

}  // namespace lambdaml
