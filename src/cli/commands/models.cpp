// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"
#include "cli/listing.h"

namespace lambdaml {

namespace {

Result<Exit> Models(const ListSettings& settings, Session& session) {
  return PrintListing(ModelCatalog(), settings, session);
}

}  // namespace

constinit const Command kModels = {.name = "models",
                                   .topic = "What there is",
                                   .summary = "List the models and their settings",
                                   .examples = "lambdaml models\nlambdaml models --json",
                                   .start = Start<ListSettings, Models>};

}  // namespace lambdaml
