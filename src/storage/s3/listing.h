// SPDX-License-Identifier: Apache-2.0
#pragma once

// The keys of a bucket, page after page.

#include <vector>

#include "storage/s3/bucket.h"
#include "storage/store.h"

namespace lambdaml::s3 {

// Those that start with `prefix`, in key order. Objects that no key can name are left out.
Result<std::vector<Entry>> ListObjects(Bucket& bucket, const Key& prefix, std::size_t key_bytes_max);

}  // namespace lambdaml::s3
