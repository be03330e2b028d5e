// SPDX-License-Identifier: Apache-2.0
#include "train/registry.h"

#include <array>

#include "base/text.h"
#include "train/admm/admm.h"
#include "train/em/em.h"
#include "train/ga_sgd/ga_sgd.h"
#include "train/lbfgs/lbfgs.h"
#include "train/ma_sgd/ma_sgd.h"

namespace lambdaml {

namespace {

// The only list of algorithms. Add one line here.
constexpr std::array kAlgorithms{
    AlgorithmKind{"ga_sgd", "gradient averaging: one batch over all workers, one step", SettingsOf<SgdSettings>,
                  ga_sgd::Make},
    AlgorithmKind{"ma_sgd", "model averaging: each worker makes steps alone, then the models are averaged",
                  SettingsOf<ma_sgd::MaSgdSettings>, ma_sgd::Make},
    AlgorithmKind{"lbfgs", "L-BFGS on the whole gradient, for smooth losses; with l1 OWL-QN",
                  SettingsOf<lbfgs::LbfgsSettings>, lbfgs::Make},
    AlgorithmKind{"admm", "consensus ADMM: each worker minimises its own loss, near a consensus that comes to rest",
                  SettingsOf<admm::AdmmSettings>, admm::Make},
    AlgorithmKind{"em", "expectation maximisation for clusters: all rows (Lloyd) or mini-batches",
                  SettingsOf<em::EmSettings>, em::Make},
};

}  // namespace

std::span<const AlgorithmKind> AlgorithmKinds() { return kAlgorithms; }

Result<std::unique_ptr<Algorithm>> MakeAlgorithm(const Choice& choice, const Task& task) {
  std::vector<std::string> names;
  for (const AlgorithmKind& kind : kAlgorithms) {
    if (kind.name == choice.kind) return kind.make(choice, task);
    names.emplace_back(kind.name);
  }
  const auto nearest = Nearest(choice.kind, names);
  const std::string hint =
      nearest ? StrCat("did you mean '", *nearest, "'?") : StrCat("known are ", JoinWith(", ", names));
  return Error{Code::kInvalid, StrCat("no algorithm '", choice.kind, "'; ", hint)};
}

}  // namespace lambdaml
