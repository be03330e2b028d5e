// SPDX-License-Identifier: Apache-2.0
#pragma once

// The event that a function of a job is invoked with (docs/formats/invocation.md): one function, whose part is chosen
// by the payload.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/key.h"
#include "base/result.h"
#include "job/spec.h"

namespace lambdaml {

struct JobInvocation {
  enum class Part { kTrigger, kWorker };

  Part part = Part::kTrigger;
  std::string attempt;                // of the job; part of every key
  std::int64_t rank = 0;              // of a worker
  std::int64_t incarnation = 1;       // of the rank, or of the trigger: counts who has been called to be it
  std::int64_t launched_unix_ms = 0;  // when the user's command invoked the trigger; 0: unknown
  std::string resumes{};              // the attempt whose checkpoint this one begins with; empty: none
  JobSpec spec;

  // jobs/NAME/ATTEMPT: below it is what the functions exchange while they live, in the channel.
  Key Prefix() const;
  // Its presence asks the workers to end together after their round, with the model as it is.
  Key StopKey() const;
  // Below which the messages are, after so many restarts. Its `abort`, if it comes to exist, ends every wait there; its
  // `open` is there as long as the channel has lost nothing.
  Key MessagesPrefix(std::int64_t restart) const;

  // records/NAME/ATTEMPT: below it is what must outlive all functions, in the store of records.
  Key RecordsPrefix() const;
  // Present as long as the job is open.
  Key OpenKey() const;
  // Its value says why the job failed.
  Key AbortKey() const;
  // Of the lease of a rank; -1: of the trigger.
  Key LeaseKey(std::int64_t of_rank) const;
  Key ReportKey(std::int64_t of_rank) const;
  Key FailurePrefix() const;
  Key CheckpointPrefix() const;
  // Where the model is left at the end.
  Key ModelKey() const;
};

// The URL of the store of records: the channel, unless the job names another one.
const std::string& RecordsUrl(const JobSpec& spec);

std::string ToJson(const JobInvocation& invocation);
Result<JobInvocation> ParseJobInvocation(std::string_view json);

}  // namespace lambdaml
