// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/listing.h"
#include "storage/registry.h"

namespace lambdaml {

namespace {

std::vector<CatalogEntry> ChannelCatalog() {
  std::vector<CatalogEntry> entries;
  for (const Backend& backend : Backends()) {
    entries.push_back({std::string(backend.scheme), StrCat(backend.summary, ", as ", backend.example), {}});
  }
  return entries;
}

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
