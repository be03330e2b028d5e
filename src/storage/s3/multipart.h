// SPDX-License-Identifier: Apache-2.0
#pragma once

// An upload in parts. The object appears when the last request succeeds; after any error the parts are removed, so that
// nothing is left that would be billed.

#include "base/key.h"
#include "storage/s3/bucket.h"

namespace lambdaml::s3 {

Result<void> UploadInParts(Bucket& bucket, const Key& key, ByteSpan value);

}  // namespace lambdaml::s3
