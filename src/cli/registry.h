// SPDX-License-Identifier: Apache-2.0
#pragma once

// The table of commands, in the order of the overview.

#include <span>

#include "cli/command.h"

namespace lambdaml {

std::span<const Command* const> Commands();

}  // namespace lambdaml
