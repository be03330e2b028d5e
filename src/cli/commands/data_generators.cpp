// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"
#include "cli/listing.h"
#include "data/generate.h"

namespace lambdaml {

namespace {

std::vector<CatalogEntry> GeneratorCatalog() {
  std::vector<CatalogEntry> entries;
  for (GeneratorInfo& generator : GeneratorList()) {
    entries.push_back({std::string(generator.name), std::string(generator.summary), std::move(generator.settings)});
  }
  return entries;
}

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
