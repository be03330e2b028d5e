// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads objects and parts of them, all at once. The first request for each asks for at most 8 MiB; what is larger comes
// in parallel ranges straight into its place, all of the same version of the object.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/s3/bucket.h"
#include "storage/store.h"

namespace lambdaml::s3 {

struct Found {
  Slice slice;
  std::string tag;  // the ETag, of this version of the object
};

// kTag costs one more request for an empty object.
enum class Need { kBytes, kBytesAndTag };

// One entry for each range, in order; nothing where the object is absent.
Result<std::vector<std::optional<Found>>> Download(Bucket& bucket, std::span<const Range> ranges, Need need);

}  // namespace lambdaml::s3
