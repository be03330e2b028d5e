// SPDX-License-Identifier: Apache-2.0
#include "cli/catalogs.h"
#include "cli/commands/commands.h"
#include "cli/listing.h"

namespace lambdaml {

namespace {

Result<Exit> DataGenerators(const ListSettings& settings, Session& session) {
  return PrintListing(GeneratorCatalog(), settings, session);
}

}  // namespace

constinit const Command kDataGenerators = {.name = "data generators",
                                           .topic = "Data",
                                           .summary = "List what can be generated and its settings",
                                           .examples = "lambdaml data generators\nlambdaml data generators --json",
                                           .start = Start<ListSettings, DataGenerators>};

}  // namespace lambdaml
