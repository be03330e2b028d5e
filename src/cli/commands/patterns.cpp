// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"
#include "cli/listing.h"

namespace lambdaml {

namespace {

Result<Exit> Patterns(const ListSettings& settings, Session& session) {
  return PrintListing(PatternCatalog(), settings, session);
}

}  // namespace

constinit const Command kPatterns = {.name = "patterns",
                                     .topic = "What there is",
                                     .summary = "List the ways in which workers exchange vectors",
                                     .examples = "lambdaml patterns\nlambdaml patterns --json",
                                     .start = Start<ListSettings, Patterns>};

}  // namespace lambdaml
