// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"
#include "cli/listing.h"
#include "platform/platform.h"

namespace lambdaml {

namespace {

std::vector<CatalogEntry> PlatformCatalog() {
  std::vector<CatalogEntry> entries;
  for (const PlatformKind& kind : PlatformKinds()) {
    entries.push_back({std::string(kind.name), std::string(kind.summary), {}});
  }
  return entries;
}

Result<Exit> Platforms(const ListSettings& settings, Session& session) {
  return PrintListing(PlatformCatalog(), settings, session);
}

}  // namespace

constinit const Command kPlatforms = {.name = "platforms",
                                      .topic = "What there is",
                                      .summary = "List where functions can run",
                                      .examples = "lambdaml platforms\nlambdaml platforms --json",
                                      .start = Start<ListSettings, Platforms>};

}  // namespace lambdaml
