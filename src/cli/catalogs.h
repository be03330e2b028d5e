// SPDX-License-Identifier: Apache-2.0
#pragma once

// What there is besides models, algorithms and patterns (worker/catalog.h), in the same form for listings and pages.

#include <vector>

#include "worker/catalog.h"

namespace lambdaml {

std::vector<CatalogEntry> ChannelCatalog();
std::vector<CatalogEntry> PlatformCatalog();
std::vector<CatalogEntry> FormatCatalog();     // of files that can be imported
std::vector<CatalogEntry> GeneratorCatalog();  // of datasets

}  // namespace lambdaml
