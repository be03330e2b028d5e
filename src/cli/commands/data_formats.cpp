// SPDX-License-Identifier: Apache-2.0
#include "cli/catalogs.h"
#include "cli/commands/commands.h"
#include "cli/listing.h"

namespace lambdaml {

namespace {

Result<Exit> DataFormats(const ListSettings& settings, Session& session) {
  return PrintListing(FormatCatalog(), settings, session);
}

}  // namespace

constinit const Command kDataFormats = {.name = "data formats",
                                        .topic = "Data",
                                        .summary = "List the file formats that can be imported",
                                        .examples = "lambdaml data formats\nlambdaml data formats --json",
                                        .start = Start<ListSettings, DataFormats>};

}  // namespace lambdaml
