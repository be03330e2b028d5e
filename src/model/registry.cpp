// SPDX-License-Identifier: Apache-2.0
#include "model/registry.h"

#include <array>

#include "base/text.h"
#include "model/kmeans/kmeans.h"
#include "model/linear/logistic.h"
#include "model/linear/regression.h"
#include "model/linear/svm.h"
#include "model/mf/mf.h"

namespace lambdaml {

namespace {

// The only list of models. Add one line here.
constexpr std::array kModels{
    ModelKind{"logistic", "logistic regression, softmax for more than two classes", Learns::kClasses,
              SettingsOf<linear::LogisticSettings>, linear::MakeLogistic},
    ModelKind{"svm", "linear support vector machine, one against the rest for more than two classes", Learns::kClasses,
              SettingsOf<linear::SvmSettings>, linear::MakeSvm},
    ModelKind{"linear", "linear regression by least squares or Huber's loss", Learns::kNumbers,
              SettingsOf<linear::RegressionSettings>, linear::MakeRegression},
    ModelKind{"mf", "matrix factorisation of ratings of items by users", Learns::kNumbers, SettingsOf<mf::MfSettings>,
              mf::MakeMf},
    ModelKind{"kmeans", "clusters by their centres; labels are not used", Learns::kClusters,
              SettingsOf<kmeans::KmeansSettings>, kmeans::Make},
};

Result<void> CheckShape(const ModelKind& kind, const Shape& shape) {
  if (kind.learns == Learns::kClasses && shape.classes == 0) {
    return Error{Code::kInvalid, StrCat("model ", kind.name,
                                        " learns classes, but the labels of this data are real numbers; "
                                        "import it again with `--task classification`")};
  }
  if (kind.learns == Learns::kClasses && shape.classes == 1) {
    return Error{Code::kInvalid, StrCat("model ", kind.name, " needs rows of two classes or more, but all labels of ",
                                        "this data are the same; import data with at least two different labels")};
  }
  if (kind.learns == Learns::kNumbers && shape.classes != 0) {
    return Error{Code::kInvalid, StrCat("model ", kind.name,
                                        " learns numbers, but the labels of this data are classes; "
                                        "import it again with `--task regression`")};
  }
  if (shape.columns > 0) return {};
  return Error{Code::kInvalid, StrCat("model ", kind.name, " needs data of at least one column")};
}

}  // namespace

std::span<const ModelKind> ModelKinds() { return kModels; }

Result<std::unique_ptr<Model>> MakeModel(const Choice& choice, const Shape& shape) {
  std::vector<std::string> names;
  for (const ModelKind& kind : kModels) {
    names.emplace_back(kind.name);
    if (kind.name != choice.kind) continue;
    TRY(CheckShape(kind, shape));
    return kind.make(choice, shape);
  }
  const auto nearest = Nearest(choice.kind, names);
  const std::string hint =
      nearest ? StrCat("did you mean '", *nearest, "'?") : StrCat("known are ", JoinWith(", ", names));
  return Error{Code::kInvalid, StrCat("no model '", choice.kind, "'; ", hint)};
}

}  // namespace lambdaml
