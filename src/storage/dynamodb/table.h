// SPDX-License-Identifier: Apache-2.0
#pragma once

// The table of a store: made when it is missing, and listed.

#include <vector>

#include "storage/dynamodb/answer.h"
#include "storage/dynamodb/service.h"

namespace lambdaml::dynamodb {

// Returns when the table is there and active. Creates it, billed by request, if it is missing, and then has the service
// delete expired items; where it cannot, they stay, and readers skip them. Several processes may do this at once.
Result<void> EnsureTable(Service& service);

// The keys and sizes of all items whose key starts with `prefix`, expired ones too, in no order. Reads the whole table,
// with its values: there is no index over the keys.
Result<std::vector<StoredItem>> ScanTable(Service& service, const std::string& prefix);

}  // namespace lambdaml::dynamodb
