// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a rank leaves out of what it sends. Nothing is lost: what was left out is added to the next update (error
// feedback; Stich, Cordonnier, Jaggi: Sparsified SGD with memory, NeurIPS 2018). With v = update + what was left out
// before, an element is sent if
//
//   top_k          |v| is among the ceil(share n) largest of n; of equal ones those with the lowest indices
//   significance   |v| > threshold / sqrt(t) |parameter| in round t = 1, 2, ... (MLLess: Sanchez-Artigas, Sarroca:
//                  Experience paper: towards enhancing cost efficiency in serverless machine learning training,
//                  Middleware 2021)
//
// and 0 is sent for the others. What is not finite is always sent, so that everybody sees it. The same bits on every
// processor. Not thread-safe; each vector that is sent has a filter of its own.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace lambdaml {

struct FilterSettings {
  std::string kind = "none";  // sends everything
  double share = 0.01;
  double threshold = 0.7;
};

class Filter {
 public:
  virtual ~Filter() = default;

  // Replaces `update` by what is to be sent. `parameters` are what it is to be added to; as many. Rounds count from 0.
  virtual void Apply(std::span<float> update, std::span<const float> parameters, std::uint64_t round) = 0;

  // What was left out until now, and back. kInvalid if it is not that of so many elements.
  virtual Bytes Save() const = 0;
  virtual Result<void> Restore(ByteSpan saved) = 0;
};

// For updates of so many elements.
std::unique_ptr<Filter> MakeFilter(const FilterSettings& settings, std::size_t elements);

}  // namespace lambdaml
