// SPDX-License-Identifier: Apache-2.0
#pragma once

// Values of one store into another.

#include "storage/transfer.h"

namespace lambdaml {

// Every value below the prefix of `from` to the same place below the prefix of `to`. Values above kBatchBytes pass
// through a temporary file. kInvalid for a key or a value that the other store does not take: found before anything is
// written. kNotFound if there are none.
Result<Transfer> Copy(const Subtree& from, const Subtree& to, const OnTransfer& progress);

}  // namespace lambdaml
