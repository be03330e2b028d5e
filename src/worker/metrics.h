// SPDX-License-Identifier: Apache-2.0
#pragma once

// Metrics of rows that are spread over ranks, from sums and counts that add up. Among them the area under the receiver
// operating characteristic: the probability that a row
// of class 1 has a higher margin than one of class 0, ties counting half (Fawcett: An introduction to ROC analysis,
// 2006). Margins are counted in bins, 64 to an octave from 2^-12 to 2^6, so that counts of ranks add up; two margins
// closer than 1.6 % count as a tie.

#include <span>
#include <vector>

#include "job/report.h"
#include "model/model.h"

namespace lambdaml {

// For each bin, ascending by margin, the rows of class 0, then likewise of class 1.
std::vector<double> CountMargins(const Model& model, std::span<const float> parameters, const RowSpan& rows);

// 0.5 where one of the classes has no row.
double AucOf(std::span<const double> counts);

// Whether there are two classes.
bool HasAuc(const Model& model);

// `counts` as CountMargins makes them, or empty: then there is no AUC. All zero where there are no rows.
Metrics MetricsOf(Learns learns, const Score& score, std::span<const double> counts);

}  // namespace lambdaml
