// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "worker/export.h"
#include "worker/plain_model.h"

namespace lambdaml {

namespace {

using Json = nlohmann::ordered_json;

Json Matrix(const std::vector<float>& values, std::size_t columns) {
  Json rows = Json::array();
  for (std::size_t begin = 0; begin < values.size(); begin += columns) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(begin);
    rows.push_back(std::vector<float>(first, first + static_cast<std::ptrdiff_t>(columns)));
  }
  return rows;
}

}  // namespace

Result<std::string> ExportJson(const TrainedModel& trained) {
  const PlainModel plain = TRY(PlainModelOf(trained));
  Json json;
  json["format"] = "lambdaml export 1";
  json["kind"] = trained.kind.kind;
  json["columns"] = plain.columns;
  if (plain.kind == PlainKind::kClusters) {
    json["cluster_centers"] = Matrix(plain.weight, plain.columns);
    if (!plain.standardise.mean.empty()) {
      json["mean"] = plain.standardise.mean;
      json["scale"] = plain.standardise.scale;
    }
  } else {
    if (plain.kind != PlainKind::kNumbers) json["classes"] = trained.classes;
    json["coef"] = Matrix(plain.weight, plain.columns);
    json["intercept"] = plain.bias;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lambdaml
