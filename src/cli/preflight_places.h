// SPDX-License-Identifier: Apache-2.0
#pragma once

// Checks of the places where functions read and write: the dataset, the channel, and the servers behind them with
// their clocks. What waits for a network waits at the same time, and a server that does not answer
// within three seconds is taken for unreachable.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "cli/check.h"
#include "cli/command.h"
#include "data/dataset.h"
#include "job/spec.h"
#include "storage/store.h"

namespace lambdaml {

struct Places {
  std::vector<Check> checks;
  std::optional<Manifest> manifest;         // nothing: the data cannot be read
  std::unique_ptr<Store> channel;           // null: it cannot be used
  std::optional<std::uint64_t> room_bytes;  // that the channel has left
};

Places CheckPlaces(const JobSpec& spec, const Session& session);

}  // namespace lambdaml
