// SPDX-License-Identifier: Apache-2.0
#include "worker/catalog.h"

#include "base/text.h"
#include "comm/registry.h"
#include "model/registry.h"
#include "train/registry.h"
#include "worker/exchange_settings.h"

namespace lambdaml {

namespace {

template <class Kinds>
std::vector<CatalogEntry> ListOf(const Kinds& kinds) {
  std::vector<CatalogEntry> entries;
  for (const auto& kind : kinds) {
    entries.push_back({std::string(kind.name), std::string(kind.summary), kind.settings()});
  }
  return entries;
}

Result<std::unique_ptr<Model>> ModelOf(const JobSpec& spec, const DataShape& shape) {
  return MakeModel(spec.model, {.columns = shape.columns, .classes = shape.classes, .class_rows = shape.class_rows});
}

}  // namespace

std::vector<CatalogEntry> ModelCatalog() { return ListOf(ModelKinds()); }
std::vector<CatalogEntry> AlgorithmCatalog() { return ListOf(AlgorithmKinds()); }

std::vector<CatalogEntry> PatternCatalog() {
  std::vector<CatalogEntry> entries;
  for (const Pattern& pattern : Patterns()) {
    entries.push_back({std::string(pattern.name), std::string(pattern.summary), {}});
  }
  return entries;
}

std::string SettingInForce(const Choice& algorithm, std::string_view name) {
  const auto given = algorithm.settings.find(std::string(name));
  if (given != algorithm.settings.end()) return given->second;
  for (const AlgorithmKind& kind : AlgorithmKinds()) {
    if (kind.name != algorithm.kind) continue;
    for (const FieldInfo& field : kind.settings()) {
      if (field.name == name) return field.default_value;
    }
  }
  return "";
}

Result<void> CheckPattern(const JobSpec& spec) {
  std::vector<std::string> names;
  for (const Pattern& pattern : Patterns()) {
    if (pattern.name == spec.pattern) return {};
    names.emplace_back(pattern.name);
  }
  return Error{Code::kInvalid, StrCat("'", spec.pattern, "' is not one of ", JoinWith(", ", names))};
}

Result<void> CheckModel(const JobSpec& spec, const DataShape& shape) {
  TRY(ModelOf(spec, shape));
  return {};
}

Result<void> CheckAlgorithm(const JobSpec& spec, const DataShape& shape) {
  const auto model = TRY(ModelOf(spec, shape));
  const Batch no_rows{.columns = shape.columns, .dense = {}, .sparse = {}, .labels = {}};
  const Task task{.model = *model,
                  .rows = no_rows,
                  .total_rows = shape.rows,
                  .staleness = StalenessOf(spec),
                  .filter = FilterOf(spec.exchange)};
  TRY(MakeAlgorithm(spec.algorithm, task));
  return {};
}

}  // namespace lambdaml
