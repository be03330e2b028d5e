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

enum class Part { kTrigger, kWorker };

struct JobInvocation {
  Part part = Part::kTrigger;
  std::string attempt;    // of the job; part of every key
  std::int64_t rank = 0;  // of a worker
  JobSpec spec;

  // jobs/NAME/ATTEMPT, the prefix of all keys of this attempt in the channel.
  Key Prefix() const { return JobPrefix(spec.name, attempt); }
  static Key JobPrefix(std::string_view name, std::string_view attempt);
};

std::string ToJson(const JobInvocation& invocation);
Result<JobInvocation> ParseJobInvocation(std::string_view json);

}  // namespace lambdaml
