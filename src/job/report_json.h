// SPDX-License-Identifier: Apache-2.0
#pragma once

// The JSON of the pieces that reports and events share. Private to src/job.

#include "job/json.h"
#include "job/report.h"

namespace lambdaml::json {

Value FromMetrics(const Metrics& metrics);
Value FromPoint(const CurvePoint& point);
Value FromPhases(const PhaseSeconds& seconds);
Value FromChoice(const ChosenPattern& choice);
Value FromFailure(const Failure& failure);

Result<Metrics> ToMetrics(const Reader& reader);
Result<CurvePoint> ToPoint(const Reader& reader);
Result<PhaseSeconds> ToPhases(const Reader& reader);
Result<ChosenPattern> ToChoice(const Reader& reader);
Result<Failure> ToFailure(const Reader& reader);

}  // namespace lambdaml::json
