// SPDX-License-Identifier: Apache-2.0
#pragma once

// The pages of docs/reference as Markdown, made from what the program itself reads: Describe, the catalogs, the table
// of commands. The same program gives the same bytes.

#include <span>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace lambdaml {

struct ReferencePage {
  std::string_view name;  // of the file, without .md
  std::string_view summary;
  std::string (*make)(std::span<const Command* const> commands);
};

std::span<const ReferencePage> ReferencePages();

}  // namespace lambdaml
