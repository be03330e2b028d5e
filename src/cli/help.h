// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the program says of itself, made from the table of commands.

#include <span>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace lambdaml {

// All commands, by topic.
std::string Overview(std::span<const Command* const> commands);

// The commands of a group ("data").
std::string GroupHelp(std::span<const Command* const> commands, std::string_view group);

// One command: usage, arguments, options, examples.
std::string CommandHelp(const Command& command);

}  // namespace lambdaml
