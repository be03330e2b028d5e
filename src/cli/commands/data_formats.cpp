// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/listing.h"
#include "data/import.h"

namespace lambdaml {

namespace {

std::vector<CatalogEntry> FormatCatalog() {
  std::vector<CatalogEntry> entries;
  for (const FormatInfo& format : FormatList()) {
    entries.push_back({std::string(format.name), StrCat(format.summary, "; known by ", format.recognised), {}});
  }
  return entries;
}

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
