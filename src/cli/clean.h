// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is left of a job in its channel when the supervisor that should have cleared it was killed, and what it keeps to
// go on from. Only what lies below jobs/NAME/ and records/NAME/ is the job's, and only while no supervisor of that name
// lives here.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/job_folder.h"
#include "job/invocation.h"
#include "storage/store.h"

namespace lambdaml {

// The attempt whose keys were not all cleared, with its stores' whole URLs; nothing if there is none.
std::optional<JobInvocation> LostAttempt(const JobFolder& folder);

// The attempt that the job can go on from: the lost one, or else the last one that ended early and has a checkpoint.
std::optional<JobInvocation> ResumableAttempt(const JobFolder& folder, const Session& session);

// Where the store may be gone for good, nobody waits long for it to come back.
Result<std::unique_ptr<Store>> OpenBriefly(std::string_view url, const Session& session);

enum class CheckpointsOf { kStay, kGo };

// Deletes an attempt's records. First of all it is no longer open, so that a function that comes late does nothing.
Result<void> ClearRecords(Store& records, const JobInvocation& attempt, CheckpointsOf checkpoints);

// Before another attempt begins: what earlier ones left goes, but for the records of the one that is resumed. What
// cannot be cleared now is left: the new attempt has prefixes of its own.
void ForgetEarlierAttempts(const JobFolder& folder, const std::optional<JobInvocation>& resumed,
                           const Session& session);

// A job and the stores in which it may have left something.
struct PastJob {
  JobFolder folder;
  std::string channel;
  std::string records;
};

// The stores of the attempt that was lost, or else those of the job as it was kept, without secrets and settings.
Result<PastJob> PastJobOf(const JobFolder& folder);

// `word` is the name of a job that was started here, or the path of a job file.
Result<PastJob> FindPastJob(std::string_view word, const Environment& environment);

struct LeftoverIn {
  std::unique_ptr<Store> store;
  std::vector<Entry> entries;
};
using Leftover = std::vector<LeftoverIn>;  // the channel, and the records where something is left

// Of the records what the job can go on from is left out unless `checkpoints` go. kConflict if a supervisor of the job
// lives. A run that begins later has none of these keys: its own were not there.
Result<Leftover> FindLeftover(const PastJob& job, CheckpointsOf checkpoints, const Session& session);

// Deletes it, after which the folder knows of no lost attempt.
Result<void> RemoveLeftover(const PastJob& job, const Leftover& leftover, CheckpointsOf checkpoints,
                            const Session& session);

}  // namespace lambdaml
