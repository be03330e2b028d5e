// SPDX-License-Identifier: Apache-2.0
#pragma once

// A CRC-32C behind every value that is not empty, little-endian, checked when the value is read as a whole; a part of
// it cannot be checked. A value that does not fit its checksum is read again twice, then it is kUnavailable. Other
// programs see the checksum as the last four bytes. Put copies the values.

#include <memory>

#include "storage/store.h"

namespace lambdaml {

std::unique_ptr<Store> WithChecksum(std::unique_ptr<Store> store);

}  // namespace lambdaml
