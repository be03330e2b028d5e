// SPDX-License-Identifier: Apache-2.0
#pragma once

// Watches who writes messages: of each incarnation of a rank only one process may, and once another incarnation was
// called none of the old one may begin a round, but for one that it had been granted before it stood still.

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "job/invocation.h"
#include "tests/sim/channel.h"

namespace lambdaml::sim {

class Speakers {
 public:
  // All must outlive this.
  Speakers(Scheduler& scheduler, const Channel& leases, const JobInvocation& job)
      : scheduler_(scheduler), leases_(leases), job_(job) {}

  // The channel of one process that was invoked so. Both must outlive it.
  std::unique_ptr<Store> Watched(std::unique_ptr<Store> channel, const Process& process,
                                 const JobInvocation& invocation);

  // It writes a message of a round after so many restarts.
  using Round = std::pair<std::int64_t, std::int64_t>;
  void Writes(const Process& process, const JobInvocation& invocation, const Round& round);

 private:
  bool WasReplaced(const JobInvocation& invocation) const;

  Scheduler& scheduler_;
  const Channel& leases_;
  const JobInvocation& job_;
  std::map<std::pair<std::int64_t, std::int64_t>, const Process*> speaks_;  // by rank and incarnation
  std::map<const Process*, Round> granted_;                                 // the last round before it was replaced
};

}  // namespace lambdaml::sim
