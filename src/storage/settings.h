// SPDX-License-Identifier: Apache-2.0
#pragma once

// The settings that every store's URL may carry, whatever its scheme: which layers go over the backend, and how they
// are set (docs/guide/storage.md).
//
//   retry=30s|off  checksum=on|off  latency=20ms  spread=5ms  bandwidth=630MB  connection=65MB
//   chaos=SEED  errors=0.01  lost=0.01  delays=0.1  stale=0.1

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/url.h"
#include "storage/layers/chaos.h"
#include "storage/layers/latency.h"

namespace lambdaml {

struct LayerSettings {
  std::optional<Clock::Duration> retry = {};  // the budget; zero: off; nothing: as the backend needs it
  bool checksum = false;
  std::optional<LatencyOptions> latency = {};
  std::optional<ChaosOptions> chaos = {};
};

// Takes these settings out of the URL, so that the backend sees only its own. kInvalid names the setting that is wrong,
// what was given and what is allowed.
Result<LayerSettings> TakeLayerSettings(Url& url);

// 0, or a number and a unit: 500us, 100ms, 1.5s, 2m, 1h, 7d. Nothing if it is not that, is negative, or is longer than
// a century.
std::optional<Clock::Duration> ParseDuration(std::string_view text);

// A number of bytes, or a number and a unit: 1500, 64KB, 50MB (of 1000), 16KiB, 1GiB (of 1024).
std::optional<std::uint64_t> ParseBytes(std::string_view text);

}  // namespace lambdaml
