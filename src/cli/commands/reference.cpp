// SPDX-License-Identifier: Apache-2.0
#include "cli/reference.h"

#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/table.h"

namespace lambdaml {

namespace {

struct ReferenceSettings {
  std::string page;
};

Parameters Describe(ReferenceSettings& s) {
  return {.arguments = {{"PAGE", &s.page, "which one; without it the pages are listed", Need::kOptional}}};
}

std::string ListOfPages() {
  Table table;
  for (const ReferencePage& page : ReferencePages()) {
    table.Row({std::string(page.name), std::string(page.summary)});
  }
  return table.Text();
}

Result<Exit> Reference(const ReferenceSettings& settings, Session& session) {
  if (settings.page.empty()) {
    session.terminal.Out(ListOfPages());
    return Exit::kDone;
  }
  std::vector<std::string> names;
  for (const ReferencePage& page : ReferencePages()) {
    names.emplace_back(page.name);
    if (page.name != settings.page) continue;
    session.terminal.Out(
        StrCat("<!-- Made by `lambdaml reference ", page.name, "`. -->\n\n", page.make(session.commands)));
    return Exit::kDone;
  }
  return Error{Code::kInvalid, StrCat("there is no page '", settings.page, "'; there are: ", JoinWith(", ", names))};
}

}  // namespace

constinit const Command kReference = {.name = "reference",
                                      .topic = "What there is",
                                      .summary = "Print a page of the reference as Markdown",
                                      .examples = "lambdaml reference\nlambdaml reference job > docs/reference/job.md",
                                      .start = Start<ReferenceSettings, Reference>};

}  // namespace lambdaml
