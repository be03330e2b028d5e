// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is left of a job in its channel when the supervisor that should have cleared it was killed. Only what lies below
// jobs/NAME/ is the job's, and only while no supervisor of that name lives here.

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

// The attempt whose keys were not all cleared, with its channel's whole URL; nothing if there is none.
std::optional<JobInvocation> LostAttempt(const JobFolder& folder);

// Where the channel may be gone for good, nobody waits long for it to come back.
Result<std::unique_ptr<Store>> OpenBriefly(std::string_view channel, const Session& session);

// A job and the channel in which it may have left something.
struct PastJob {
  JobFolder folder;
  std::string channel;
};

// The channel of the attempt that was lost, or else that of the job as it was kept, without secrets and settings.
Result<PastJob> PastJobOf(const JobFolder& folder);

// `word` is the name of a job that was started here, or the path of a job file.
Result<PastJob> FindPastJob(std::string_view word, const Environment& environment);

struct Leftover {
  std::unique_ptr<Store> channel;
  std::vector<Entry> entries;
};

// kConflict if a supervisor of the job lives. A run that begins later has none of these keys: its own were not there.
Result<Leftover> FindLeftover(const PastJob& job, const Session& session);

// Deletes it, after which the folder knows of no lost attempt.
Result<void> RemoveLeftover(const PastJob& job, const Leftover& leftover);

}  // namespace lambdaml
