// SPDX-License-Identifier: Apache-2.0
// Every layer keeps the contract of a store, over a store in memory that has the trouble which the layer is for.
#include "storage/layers/chaos.h"
#include "storage/layers/checksum.h"
#include "storage/layers/chunk.h"
#include "storage/layers/latency.h"
#include "storage/layers/meter.h"
#include "storage/layers/poll.h"
#include "storage/layers/prefix.h"
#include "storage/layers/retry.h"
#include "storage/ops.h"
#include "storage/store_conformance.h"
#include "storage/testing/scripted_store.h"

namespace lambdaml {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr RetryOptions kRetry{.budget = seconds(60), .pause_min = microseconds(5), .pause_max = microseconds(200)};

std::unique_ptr<Store> Memory(Clock& clock) { return OpenStore("memory:", {.clock = clock}).value(); }

std::unique_ptr<ScriptedStore> Lesser(Clock& clock, std::uint64_t value_bytes_max) {
  auto store = std::make_unique<ScriptedStore>(clock);
  store->own_limits().value_bytes_max = value_bytes_max;
  return store;
}

StoreUnderTest TinyChunks(Clock& clock) { return {{}, WithChunks(Lesser(clock, 1000), clock, 1)}; }
StoreUnderTest Chunks(Clock& clock) { return {{}, WithChunks(Lesser(clock, 64 << 10), clock, 2)}; }
StoreUnderTest Checksums(Clock& clock) { return {{}, WithChecksum(Memory(clock))}; }
StoreUnderTest Prefix(Clock& clock) { return {{}, WithPrefix(Memory(clock), Key("jobs/a%b/"))}; }
StoreUnderTest NoLatency(Clock& clock) { return {{}, WithLatency(Memory(clock), clock, {})}; }

StoreUnderTest Polling(Clock& clock) {
  auto store = std::make_unique<ScriptedStore>(clock);
  store->own_limits().waits_natively = false;
  store->own_limits().poll_pause_max = std::chrono::milliseconds(1);
  return {{}, WithPolling(std::move(store), clock, nullptr)};
}

template <std::uint64_t kSeed>
StoreUnderTest RetriedChaos(Clock& clock) {
  const ChaosOptions chaos{
      .seed = kSeed, .delays = 0.05, .delay_max = microseconds(300), .errors = 0.05, .lost_replies = 0.3};
  return {{}, WithRetry(WithChaos(Memory(clock), clock, chaos), clock, kRetry)};
}

// As a channel across a network is put together.
StoreUnderTest Everything(Clock& clock) {
  const auto meter = std::make_shared<StoreMeter>();
  auto lesser = Lesser(clock, 64 << 10);
  lesser->own_limits().waits_natively = false;
  lesser->own_limits().poll_pause_max = std::chrono::milliseconds(1);
  std::unique_ptr<Store> store = WithLatency(std::move(lesser), clock, {.spread = microseconds(20)});
  store = WithChaos(std::move(store), clock, {.seed = 3, .errors = 0.05, .lost_replies = 0.1});
  store = WithMeter(std::move(store), clock, {}, *meter);
  store = WithRetry(std::move(store), clock, kRetry);
  store = WithPolling(std::move(store), clock, nullptr);
  store = WithChunks(std::move(store), clock, 4);
  store = WithChecksum(std::move(store));
  return {meter, WithPrefix(std::move(store), Key("below/"))};
}

INSTANTIATE_TEST_SUITE_P(Layers, StoreConformance,
                         ::testing::Values(StoreMaker{"tiny_chunks", TinyChunks}, StoreMaker{"chunks", Chunks},
                                           StoreMaker{"checksum", Checksums}, StoreMaker{"prefix", Prefix},
                                           StoreMaker{"latency", NoLatency}, StoreMaker{"poll", Polling},
                                           StoreMaker{"retried_chaos_1", RetriedChaos<1>},
                                           StoreMaker{"retried_chaos_2", RetriedChaos<2>},
                                           StoreMaker{"retried_chaos_3", RetriedChaos<3>},
                                           StoreMaker{"everything", Everything}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace lambdaml
