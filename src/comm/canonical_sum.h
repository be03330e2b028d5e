// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one place that knows in which order the vectors of the ranks are added. Floating-point addition is not
// associative; with one order for everybody a sum is the same bits for every pattern, channel and order of arrival.
//
// The order is a binary tree over the ranks [0, w). A range of one rank is that rank's vector. A longer range is cut in
// two, the left part one rank longer if the length is odd, and is
//
//   sum(range) = sum(left part) + sum(right part)
//
// elementwise, each addition rounded to the type in which sums are made. A pattern that adds in groups must use ranges
// of this tree.

#include <cstddef>
#include <span>

#include "comm/elements.h"
#include "comm/wire.h"

namespace lambdaml {

// How many of `ranks` (at least 2) belong to the left part.
constexpr std::size_t LeftRanks(std::size_t ranks) { return ranks - ranks / 2; }

// Adds one vector for each rank, at least one, each of out.count() elements in whatever form, into `out`, which may be
// one of them if that has out's type. Sums are made in float64 if `accumulate` says so or any vector or `out` is of
// that type, and rounded once if `out` is not: ranges that are added first must be given on as float64 then. Works
// block by block within the processor's cache: each vector is read once and `out` is written once.
void CanonicalSum(std::span<const Encoded> by_rank, Accumulate accumulate, Elements out);

}  // namespace lambdaml
