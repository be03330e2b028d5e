// SPDX-License-Identifier: Apache-2.0
#pragma once

// A bucket as a store: s3://bucket/prefix, at AWS or at any server that speaks S3, one object for each key, under the
// prefix and a '/'. Settings in the URL's query: endpoint=http://host:port, region=, ca=FILE (of the authorities to
// trust), style=path or virtual; without them the environment's, else AWS's. The bucket must exist.
//
// Put with kIfEquals reads the object, compares, and replaces that version of it (If-Match); a server that does not
// know this may refuse it always (kConflict), as radosgw 16 does, but never writes wrongly. Wait looks once. S3 Express
// directory buckets ("name--zone--x-s3") are supported as far as session.h says.

#include <memory>

#include "storage/backend.h"

namespace lambdaml::s3 {

// S3 Standard. Deleting is free, and so is what is transferred within a region.
inline constexpr StorePrices kPrices{.as_of = "2026-11-22", .put = 5e-6, .get = 4e-7, .list = 5e-6};

// Sends nothing yet. kInvalid for a URL that names no bucket or has a setting that there is not.
Result<std::unique_ptr<Store>> Open(const Url& url, const StoreOptions& options);

// Asked of the URL's host, unsigned.
Result<StoreServer> Server(const Url& url, const StoreOptions& options);

}  // namespace lambdaml::s3
