// SPDX-License-Identifier: Apache-2.0
#include "worker/exchange_settings.h"

#include "comm/communicator.h"
#include "storage/registry.h"

namespace lambdaml {

namespace {

constexpr double kDollarsPerGbSecond = 1.66667e-5;  // of a function on x86-64, as published on 2026-11-22

Wire WireOf(const std::string& name) {
  if (name == "float16") return Wire::kFloat16;
  if (name == "bfloat16") return Wire::kBfloat16;
  if (name == "int8") return Wire::kInt8;
  return Wire::kFloat32;
}

}  // namespace

WireFormat WireFormatOf(const ExchangeSpec& spec) {
  return {.wire = WireOf(spec.wire),
          .sparse = spec.sparse == "auto",
          .accumulate = spec.accumulate == "float64" ? Accumulate::kFloat64 : Accumulate::kFloat32};
}

FilterSettings FilterOf(const ExchangeSpec& spec) {
  return {.kind = spec.filter, .share = spec.share, .threshold = spec.threshold};
}

ChannelPrices PricesOf(const JobSpec& spec) {
  ChannelPrices prices{.worker_second = static_cast<double>(spec.function.memory_mb) / 1024 * kDollarsPerGbSecond};
  const std::string scheme = spec.channel.substr(0, spec.channel.find(':'));
  for (const Backend& backend : Backends()) {
    if (backend.scheme != scheme) continue;
    prices.put = backend.prices.put;
    prices.get = backend.prices.get;
    prices.put_unit_bytes = backend.prices.put_unit_bytes;
    prices.get_unit_bytes = backend.prices.get_unit_bytes;
  }
  return prices;
}

std::uint64_t StalenessOf(const JobSpec& spec) {
  if (spec.sync == "asp") return kAnyStaleness;
  return spec.sync == "ssp" ? static_cast<std::uint64_t>(spec.staleness) : 0;
}

}  // namespace lambdaml
