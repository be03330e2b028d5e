// SPDX-License-Identifier: Apache-2.0
#include "cli/catalogs.h"
#include "cli/commands/commands.h"
#include "cli/listing.h"

namespace lambdaml {

namespace {

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
