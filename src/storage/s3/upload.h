// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writes objects, all at once, without copying their values. What is large and unconditional goes in parts, which the
// bucket puts together at the end or not at all.

#include <cstdint>
#include <span>

#include "storage/s3/bucket.h"
#include "storage/store.h"

namespace lambdaml::s3 {

inline constexpr std::uint64_t kValueBytesMax = std::uint64_t{5} << 40U;
inline constexpr std::uint64_t kConditionalBytesMax = std::uint64_t{5} << 30U;  // of one request

// As Store::Put, for `store`, which is named in errors.
Result<void> Upload(Bucket& bucket, const Store& store, std::span<const PutItem> items);

}  // namespace lambdaml::s3
