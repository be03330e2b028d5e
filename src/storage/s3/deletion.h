// SPDX-License-Identifier: Apache-2.0
#pragma once

// Deletes objects, 1,000 a request and all requests at once.

#include <span>

#include "storage/s3/bucket.h"
#include "storage/store.h"

namespace lambdaml::s3 {

// The error names the first key that could not be deleted; the others may be gone.
Result<void> DeleteObjects(Bucket& bucket, std::span<const Key> keys);

}  // namespace lambdaml::s3
