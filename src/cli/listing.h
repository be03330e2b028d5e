// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tables of what there is: a kind, what it is, and its settings with their defaults.

#include <span>
#include <string>

#include "base/field.h"
#include "cli/command.h"
#include "worker/catalog.h"

namespace lambdaml {

// As a table, or as a JSON array.
enum class ListingForm { kTable, kJson };
std::string ListingOf(std::span<const CatalogEntry> entries, ListingForm form);

// The settings of a command that lists something.
struct ListSettings {
  bool json = false;
};
inline Parameters Describe(ListSettings& s) { return {.options = {{"json", s.json, "print JSON"}}}; }

Result<Exit> PrintListing(std::span<const CatalogEntry> entries, const ListSettings& settings, Session& session);

}  // namespace lambdaml
