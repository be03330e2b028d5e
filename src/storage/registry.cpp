// SPDX-License-Identifier: Apache-2.0
#include "storage/registry.h"

#include <array>
#include <random>
#include <utility>
#include <vector>

#include "base/text.h"
#include "storage/dynamodb/dynamodb_store.h"
#include "storage/file/file_store.h"
#include "storage/layers/checksum.h"
#include "storage/layers/chunk.h"
#include "storage/layers/meter.h"
#include "storage/layers/poll.h"
#include "storage/layers/retry.h"
#include "storage/memcached/memcached_store.h"
#include "storage/memory/memory_store.h"
#include "storage/redis/redis_store.h"
#include "storage/s3/s3_store.h"
#include "storage/settings.h"

namespace lambdaml {

namespace {

// The only file that knows every backend. Add one line here.
constexpr std::array kBackends{
    Backend{.scheme = "dynamodb",
            .summary = "a DynamoDB table, one item for each value",
            .example = "dynamodb://table/prefix",
            .remote = true,
            .prices = dynamodb::kPrices,
            .open = dynamodb::Open,
            .server = dynamodb::Server},
    Backend{.scheme = "file",
            .summary = "a folder of this machine",
            .example = "file:///tmp/channel",
            .remote = false,
            .prices = {},
            .open = file::Open,
            .server = file::Server},
    Backend{.scheme = "memcached",
            .summary = "one or several memcached servers (ElastiCache)",
            .example = "memcached://host:11211/prefix",
            .remote = true,
            .prices = {},  // by the hour, not by the request
            .open = memcached::Open,
            .server = memcached::Server},
    Backend{.scheme = "memory",
            .summary = "inside this process, for tests",
            .example = "memory:",
            .remote = false,
            .prices = {},
            .open = memory::Open,
            .server = nullptr},
    Backend{.scheme = "redis",
            .summary = "a Redis or Valkey server (ElastiCache)",
            .example = "redis://127.0.0.1:6379/prefix",
            .remote = true,
            .prices = {},  // by the hour, not by the request
            .open = redis::Open,
            .server = redis::Server},
    Backend{.scheme = "rediss",
            .summary = "a Redis or Valkey server over TLS (ElastiCache)",
            .example = "rediss://host:6379/prefix",
            .remote = true,
            .prices = {},  // by the hour, not by the request
            .open = redis::Open,
            .server = redis::Server},
    Backend{.scheme = "s3",
            .summary = "a bucket of S3, or of a server that speaks it",
            .example = "s3://bucket/prefix",
            .remote = true,
            .prices = s3::kPrices,
            .open = s3::Open,
            .server = s3::Server},
};

// A channel that takes values of 1 TiB needs no chunks: no value is larger.
constexpr std::uint64_t kLargestValue = 1ULL << 40U;

Result<const Backend*> BackendOf(const Url& url) {
  std::vector<std::string> schemes;
  for (const Backend& backend : kBackends) {
    if (backend.scheme == url.scheme) return &backend;
    schemes.emplace_back(backend.scheme);
  }
  return Error{Code::kInvalid, StrCat("no storage is called '", url.scheme, ":'; known are ", JoinWith(", ", schemes))};
}

// Another one for each store, in whatever process.
std::uint64_t NewSeed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) + device();
}

// Every request passes the meter.
std::unique_ptr<Store> WithMeasuredRequests(std::unique_ptr<Store> store, const Backend& backend,
                                            const LayerSettings& settings, const StoreOptions& options) {
  if (settings.latency) store = WithLatency(std::move(store), options.clock, *settings.latency);
  if (settings.chaos) store = WithChaos(std::move(store), options.clock, *settings.chaos);
  if (options.meter != nullptr) store = WithMeter(std::move(store), options.clock, backend.prices, *options.meter);
  return store;
}

// What a caller may not see of a channel. Requests are tried again below the rest, each by itself: a wait goes on with
// what it has found, and a manifest that was written though its answer was lost is told from another's.
std::unique_ptr<Store> WithWholeValues(std::unique_ptr<Store> store, const LayerSettings& settings,
                                       const std::optional<RetryOptions>& retry, const StoreOptions& options) {
  if (retry) store = WithRetry(std::move(store), options.clock, *retry);
  if (!store->limits().waits_natively) store = WithPolling(std::move(store), options.clock, options.meter);
  if (store->limits().value_bytes_max < kLargestValue) store = WithChunks(std::move(store), options.clock, NewSeed());
  if (settings.checksum) store = WithChecksum(std::move(store));
  return store;
}

}  // namespace

std::span<const Backend> Backends() { return kBackends; }

Result<std::unique_ptr<Store>> OpenStore(const Url& url, const StoreOptions& options) {
  const Backend& backend = *TRY(BackendOf(url));
  Url own = url;
  const LayerSettings settings = TRY(TakeLayerSettings(own));
  std::optional<RetryOptions> retry;
  if (backend.remote || settings.retry) retry = RetryOptions{.seed = NewSeed()};
  if (settings.retry) retry->budget = *settings.retry;
  if (retry && retry->budget == Clock::Duration::zero()) retry.reset();
  std::unique_ptr<Store> store = TRY(backend.open(own, options));
  store = WithMeasuredRequests(std::move(store), backend, settings, options);
  return WithWholeValues(std::move(store), settings, retry, options);
}

Result<std::unique_ptr<Store>> OpenStore(std::string_view url, const StoreOptions& options) {
  return OpenStore(TRY(Url::Parse(url)), options);
}

Result<std::optional<StoreServer>> ServerOf(std::string_view url, const StoreOptions& options) {
  Url own = TRY(Url::Parse(url));
  const Backend& backend = *TRY(BackendOf(own));
  TRY(TakeLayerSettings(own));
  if (backend.server == nullptr) return std::optional<StoreServer>();
  return std::optional<StoreServer>(TRY(backend.server(own, options)));
}

}  // namespace lambdaml
