// SPDX-License-Identifier: Apache-2.0
#pragma once

// A DynamoDB table as a store: dynamodb://table/prefix, one item for each key. Reads are strongly consistent, so a
// value that was put is seen by whoever asks next; conditions are the service's own. Settings of the URL:
//
//   endpoint=http://127.0.0.1:8000   instead of AWS_ENDPOINT_URL_DYNAMODB or the region's own
//   region=eu-central-1              instead of AWS_REGION
//   ca=file.pem                      whom to trust, instead of AWS_CA_BUNDLE or SSL_CERT_FILE
//   create=true                      makes the table if it is missing
//   ttl=1h                           values written expire then: they count as absent, and the service deletes them
//
// The whole key is the table's hash key. With the prefix as hash key and the rest as sort key a list would read only
// what it lists, but all keys of a job would live in one partition, which takes 1,000 writes of 1 KB a second, and a
// round of a job's workers is one burst of reads and writes. The price is that List reads the whole table.

#include <memory>

#include "storage/backend.h"

namespace lambdaml::dynamodb {

// On demand: a write request unit for each KB of an item, a read request unit for each 4 KB that are read strongly
// consistently. A page of a list reads 1 MB.
inline constexpr StorePrices kPrices{.as_of = "2024-11-01",
                                     .put = 0.625e-6,
                                     .get = 0.125e-6,
                                     .list = 256 * 0.125e-6,
                                     .remove = 0.625e-6,
                                     .put_unit_bytes = 1024,
                                     .get_unit_bytes = 4096};

// Nothing is sent yet: whether the table is there, and may be used, shows at the first call.
Result<std::unique_ptr<Store>> Open(const Url& url, const StoreOptions& options);

// Asked of the endpoint, unsigned.
Result<StoreServer> Server(const Url& url, const StoreOptions& options);

}  // namespace lambdaml::dynamodb
