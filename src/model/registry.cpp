// SPDX-License-Identifier: Apache-2.0
#include "model/registry.h"

#include <array>

#include "base/text.h"
#include "model/linear/logistic.h"
#include "model/linear/svm.h"

namespace lambdaml {

namespace {

// The only list of models. Add one line here.
constexpr std::array kModels{
    ModelKind{"logistic", "logistic regression, softmax for more than two classes", SettingsOf<linear::LinearSettings>,
              linear::MakeLogistic},
    ModelKind{"svm", "linear support vector machine with hinge loss, one against the rest for more than two classes",
              SettingsOf<linear::LinearSettings>, linear::MakeSvm},
};

}  // namespace

std::span<const ModelKind> ModelKinds() { return kModels; }

Result<std::unique_ptr<Model>> MakeModel(const Choice& choice, const Shape& shape) {
  std::vector<std::string> names;
  for (const ModelKind& kind : kModels) {
    if (kind.name == choice.kind) return kind.make(choice, shape);
    names.emplace_back(kind.name);
  }
  const auto nearest = Nearest(choice.kind, names);
  const std::string hint =
      nearest ? StrCat("did you mean '", *nearest, "'?") : StrCat("known are ", JoinWith(", ", names));
  return Error{Code::kInvalid, StrCat("no model '", choice.kind, "'; ", hint)};
}

}  // namespace lambdaml
