// SPDX-License-Identifier: Apache-2.0
#pragma once

// The end of a job in words: how good the model is, where the time went, what was sent and what it cost.

#include <optional>
#include <string>
#include <string_view>

#include "job/report.h"

namespace lambdaml {

// Several lines. Nothing about the model if the job failed.
std::string SummaryOf(const JobReport& report);

// "3", "0.25", "1,000,000"
std::string EpochsInWords(double epochs);

// "0.4612", or five digits where the number is very small or large
std::string MetricText(double value);

// "accuracy 0.8391, loss 0.4612": what the model learns, and what is known of it
std::string InWords(const Metrics& metrics);

// "loss 0.4612  accuracy 0.8391", each with `prefix` ("test ") before it
std::string QualityInWords(std::string_view prefix, double loss, std::optional<double> accuracy,
                           std::optional<double> rmse);

}  // namespace lambdaml
