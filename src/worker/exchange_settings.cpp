// SPDX-License-Identifier: Apache-2.0
#include "worker/exchange_settings.h"

#include "comm/communicator.h"

namespace lambdaml {

namespace {

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

std::uint64_t StalenessOf(const JobSpec& spec) {
  if (spec.sync == "asp") return kAnyStaleness;
  return spec.sync == "ssp" ? static_cast<std::uint64_t>(spec.staleness) : 0;
}

}  // namespace lambdaml
