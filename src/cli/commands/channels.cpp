// SPDX-License-Identifier: Apache-2.0
#include "cli/catalogs.h"
#include "cli/commands/commands.h"
#include "cli/listing.h"

namespace lambdaml {

namespace {

Result<Exit> Channels(const ListSettings& settings, Session& session) {
  return PrintListing(ChannelCatalog(), settings, session);
}

}  // namespace

constinit const Command kChannels = {.name = "channels",
                                     .topic = "What there is",
                                     .summary = "List the storage where workers can meet",
                                     .examples = "lambdaml channels\nlambdaml channels --json",
                                     .start = Start<ListSettings, Channels>};

}  // namespace lambdaml
