// SPDX-License-Identifier: Apache-2.0
#pragma once

// One simulated job, from a seed: the functions that the platform would start, as they are, in virtual time. The job
// must end with all reports. Where ranks wait for each other the model is that of the same job where nothing happens,
// bit for bit. One function speaks for a rank at a time.

#include "tests/sim/collectives_sim.h"
#include "tests/sim/job_plan.h"

namespace lambdaml::sim {

Outcome SimulateJob(const JobPlan& plan);

}  // namespace lambdaml::sim
