// SPDX-License-Identifier: Apache-2.0
#pragma once

// The end of a job in words: how good the model is, where the time went, what was sent and what it cost.

#include <string>

#include "job/report.h"

namespace lambdaml {

// Several lines. Nothing about the model if the job failed.
std::string SummaryOf(const JobReport& report);

// "3", "0.25", "1,000,000"
std::string EpochsInWords(double epochs);

// "accuracy 0.8391, loss 0.4612"
std::string InWords(const Metrics& metrics);

}  // namespace lambdaml
