// SPDX-License-Identifier: Apache-2.0
#pragma once

// Checks of what a job needs against what functions, this machine and the channel have: memory, functions at once, the
// size of an invocation, free space, descriptors.

#include <cstdint>
#include <optional>
#include <vector>

#include "cli/check.h"
#include "data/dataset.h"
#include "job/spec.h"
#include "worker/memory.h"

namespace lambdaml {

Check CheckMemory(const JobSpec& spec, const Manifest& manifest, const MemoryForecast& forecast);

// `rows`: of the train split; nothing: not known.
Check CheckWorkers(const JobSpec& spec, std::optional<std::uint64_t> rows);

// Space for what one round and the model put into the channel.
Check CheckRoom(const JobSpec& spec, double vector_bytes, std::uint64_t room_bytes);

// Of this machine, on which the platform `local` runs every worker.
std::vector<Check> CheckMachineFor(const JobSpec& spec, double worker_bytes);

}  // namespace lambdaml
