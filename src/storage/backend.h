// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a backend tells of itself in the table of channels (registry.h), and what it is given to open a store.

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/environment.h"
#include "base/url.h"
#include "storage/server.h"
#include "storage/store.h"

namespace lambdaml {

class StoreMeter;

struct StoreOptions {
  Clock& clock;                  // must outlive the store
  Environment environment = {};  // for credentials and endpoints
  StoreMeter* meter = nullptr;   // counts what passes, if given; must outlive the store
};

// What the channel's owner bills, in US dollars, as published for the region us-east-1 on the day `as_of`. A request
// of n bytes counts once for every started unit of bytes; a unit of 0 bytes counts once whatever its size.
struct StorePrices {
  std::string_view as_of = {};
  double put = 0;     // an item written
  double get = 0;     // an item asked for, there or not
  double list = 0;    // a page of 1,000 keys
  double remove = 0;  // an item deleted
  std::uint64_t put_unit_bytes = 0;
  std::uint64_t get_unit_bytes = 0;
};

struct Backend {
  std::string_view scheme;
  std::string_view summary;
  std::string_view example;
  bool remote;  // behind a network, so that requests fail now and then: gets the retry layer
  StorePrices prices;
  Result<std::unique_ptr<Store>> (*open)(const Url& url, const StoreOptions& options);
  Result<StoreServer> (*server)(const Url& url, const StoreOptions& options);  // null: there is none
};

}  // namespace lambdaml
