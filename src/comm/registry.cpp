// SPDX-License-Identifier: Apache-2.0
#include "comm/registry.h"

#include <array>
#include <string>
#include <vector>

#include "base/text.h"
#include "comm/all_gather/all_gather.h"
#include "comm/automatic/automatic.h"
#include "comm/grouped/grouped.h"
#include "comm/reduce/reduce.h"
#include "comm/scatter_reduce/scatter_reduce.h"
#include "comm/store_communicator.h"

namespace lambdaml {

namespace {

// Add a pattern here.
constexpr std::array kPatterns{
    Pattern{"all_gather", "everyone reads every vector; the fewest steps, for short vectors and few workers",
            all_gather::Make, all_gather::CostOf},
    Pattern{"auto", "whichever of the others is cheapest on this channel, for each length of vectors", nullptr,
            nullptr},
    Pattern{"grouped", "workers add in groups, then over the groups; for very many workers", grouped::Make,
            grouped::CostOf},
    Pattern{"reduce", "worker 0 adds all vectors; the fewest requests", reduce::Make, reduce::CostOf},
    Pattern{"scatter_reduce", "each worker adds its share of the vector; the fewest bytes, for long vectors",
            scatter_reduce::Make, scatter_reduce::CostOf},
};

std::unique_ptr<Chooser> ChooserOf(const Pattern& pattern) {
  if (pattern.make != nullptr) return Always(pattern.make());
  std::vector<automatic::Candidate> candidates;
  for (const Pattern& known : kPatterns) {
    if (known.make != nullptr) candidates.push_back({known.name, known.make, known.cost});
  }
  return automatic::Make(candidates);
}

}  // namespace

std::span<const Pattern> Patterns() { return kPatterns; }

Result<std::unique_ptr<Communicator>> Join(std::string_view pattern, const Membership& membership) {
  if (membership.rank < 0 || membership.rank >= membership.size) {
    return Error{Code::kInvalid, StrCat("there is no rank ", membership.rank, " in a job of ", membership.size,
                                        "; ranks count from 0")};
  }
  if (membership.job.empty() || membership.abort.empty()) {
    return Error{Code::kInvalid, "a communicator needs the key of its job and that of its abort"};
  }
  std::vector<std::string> names;
  for (const Pattern& known : kPatterns) {
    if (known.name == pattern) return MakeStoreCommunicator(membership, ChooserOf(known));
    names.emplace_back(known.name);
  }
  const auto nearest = Nearest(pattern, names);
  return Error{Code::kInvalid, StrCat("no pattern '", pattern, "'; ",
                                      nearest ? StrCat("did you mean '", *nearest, "'?")
                                              : StrCat("there are ", JoinWith(", ", names)))};
}

}  // namespace lambdaml
