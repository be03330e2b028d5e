// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"
#include "cli/listing.h"

namespace lambdaml {

namespace {

Result<Exit> Algorithms(const ListSettings& settings, Session& session) {
  return PrintListing(AlgorithmCatalog(), settings, session);
}

}  // namespace

constinit const Command kAlgorithms = {.name = "algorithms",
                                       .topic = "What there is",
                                       .summary = "List the algorithms and their settings",
                                       .examples = "lambdaml algorithms\nlambdaml algorithms --json",
                                       .start = Start<ListSettings, Algorithms>};

}  // namespace lambdaml
