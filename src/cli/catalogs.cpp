// SPDX-License-Identifier: Apache-2.0
#include "cli/catalogs.h"

#include "base/text.h"
#include "data/generate.h"
#include "data/import.h"
#include "platform/platform.h"
#include "storage/registry.h"

namespace lambdaml {

std::vector<CatalogEntry> ChannelCatalog() {
  std::vector<CatalogEntry> entries;
  for (const Backend& backend : Backends()) {
    entries.push_back({std::string(backend.scheme), StrCat(backend.summary, ", as ", backend.example), {}});
  }
  return entries;
}

std::vector<CatalogEntry> PlatformCatalog() {
  std::vector<CatalogEntry> entries;
  for (const PlatformKind& kind : PlatformKinds()) {
    entries.push_back({std::string(kind.name), std::string(kind.summary), {}});
  }
  return entries;
}

std::vector<CatalogEntry> FormatCatalog() {
  std::vector<CatalogEntry> entries;
  for (const FormatInfo& format : FormatList()) {
    const std::string_view known = format.recognised.starts_with("by ") ? "; known " : "; known by ";
    entries.push_back({std::string(format.name), StrCat(format.summary, known, format.recognised), {}});
  }
  return entries;
}

std::vector<CatalogEntry> GeneratorCatalog() {
  std::vector<CatalogEntry> entries;
  for (GeneratorInfo& generator : GeneratorList()) {
    entries.push_back({std::string(generator.name), std::string(generator.summary), std::move(generator.settings)});
  }
  return entries;
}

}  // namespace lambdaml
