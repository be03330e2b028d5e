// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a job as a whole has come to, in the store of records: it is open, it failed, each rank's report, how
// incarnations failed.

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "job/invocation.h"
#include "job/report.h"
#include "storage/store.h"

namespace lambdaml {

// Written before the first function is invoked. A function of a job that is not open has come too late and must do
// nothing.
Result<void> OpenJob(Store& records, const JobInvocation& invocation);
Result<bool> IsOpen(Store& records, const JobInvocation& invocation);

// Marks the channel before messages are exchanged after so many restarts; where the mark is not there any more, the
// channel has lost what was in it.
Result<void> MarkChannel(Store& channel, const JobInvocation& invocation, std::int64_t restart);
Result<bool> IsMarked(Store& channel, const JobInvocation& invocation, std::int64_t restart);

// The job fails. The first reason stays. Ranks that wait in the exchange are told through its own abort key.
Result<void> AbortJob(Store& records, const JobInvocation& invocation, const Error& why);
// Why it failed; nothing if it has not.
Result<std::optional<Error>> AbortOf(Store& records, const JobInvocation& invocation);

// Of a rank that is done; the first one stays.
Result<void> PutReport(Store& records, const JobInvocation& invocation, const WorkerReport& report);

// How an incarnation ended without a report.
Result<void> PutFailure(Store& records, const JobInvocation& invocation, const Failure& failure);
// All of them, by rank and incarnation.
Result<std::vector<Failure>> FailuresOf(Store& records, const JobInvocation& invocation);

// What there is at this moment of the end of a job.
struct JobEnd {
  std::optional<Error> aborted;
  std::vector<WorkerReport> reports;  // all of them, in rank order, or none
};

// Waits until the job has ended or `deadline`. `cancelled` as in WaitOptions.
Result<JobEnd> AwaitEnd(Store& records, const JobInvocation& invocation, Clock::Time deadline,
                        const std::atomic<bool>* cancelled);

}  // namespace lambdaml
