// SPDX-License-Identifier: Apache-2.0
#include "worker/model_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "data/safetensors.h"
#include "model/registry.h"

namespace lambdaml {

namespace {

constexpr std::string_view kFormat = "lambdaml model 1";
constexpr std::string_view kNotePrefix = "note.";
constexpr std::string_view kMean = "standardise.mean";
constexpr std::string_view kScale = "standardise.scale";

std::size_t SizeOf(const Tensor& tensor) {
  std::size_t size = 1;
  for (const std::size_t extent : tensor.shape) size *= extent;
  return size;
}

Result<std::string> Require(const SafetensorsFile& file, const std::string& name) {
  const auto found = file.metadata.find(name);
  if (found != file.metadata.end()) return found->second;
  return Error{Code::kInvalid, StrCat(file.name, ": not a model of lambdaml: the metadata has no '", name, "'")};
}

Result<nlohmann::json> RequireJson(const SafetensorsFile& file, const std::string& name, nlohmann::json::value_t type) {
  nlohmann::json value = nlohmann::json::parse(TRY(Require(file, name)), nullptr, false);
  if (value.type() == type) return value;
  return Error{Code::kInvalid, StrCat(file.name, ": the metadata '", name, "' is damaged")};
}

Result<void> ReadDescription(const SafetensorsFile& file, TrainedModel& trained) {
  if (TRY(Require(file, "format")) != kFormat) {
    return Error{Code::kInvalid, StrCat(file.name, ": a model of another version: this program reads '", kFormat, "'")};
  }
  trained.kind.kind = TRY(Require(file, "kind"));
  const auto columns = ParseInteger(TRY(Require(file, "columns")));
  if (!columns || *columns < 1) return Error{Code::kInvalid, StrCat(file.name, ": the metadata 'columns' is damaged")};
  trained.columns = static_cast<std::size_t>(*columns);
  using Type = nlohmann::json::value_t;
  const nlohmann::json settings = TRY(RequireJson(file, "settings", Type::object));
  for (const auto& [key, text] : settings.items()) {
    if (text.is_string()) trained.kind.settings[key] = text.get<std::string>();
  }
  const nlohmann::json classes = TRY(RequireJson(file, "classes", Type::array));
  for (const auto& name : classes) {
    trained.classes.push_back(name.is_string() ? name.get<std::string>() : name.dump());
  }
  if (file.metadata.contains("class_rows")) {
    const nlohmann::json rows = TRY(RequireJson(file, "class_rows", Type::array));
    for (const auto& count : rows)
      trained.class_rows.push_back(count.is_number_unsigned() ? count.get<std::uint64_t>() : 0);
  }
  for (const auto& [key, text] : file.metadata) {
    if (key.starts_with(kNotePrefix)) trained.notes[key.substr(kNotePrefix.size())] = text;
  }
  return {};
}

Result<void> ReadParameters(const SafetensorsFile& file, TrainedModel& trained) {
  trained.parameters.resize(trained.model->parameter_count());
  for (const Tensor& tensor : trained.model->tensors()) {
    const std::span<const float> values = TRY(file.Values<float>(tensor.name));
    if (values.size() != SizeOf(tensor)) {
      return Error{Code::kInvalid,
                   StrCat(file.name, ": '", tensor.name, "' has ", values.size(), " values, not ", SizeOf(tensor))};
    }
    std::copy(values.begin(), values.end(), trained.parameters.begin() + static_cast<std::ptrdiff_t>(tensor.offset));
  }
  return {};
}

Result<std::vector<float>> ReadColumns(const SafetensorsFile& file, std::string_view name, std::size_t columns) {
  const std::span<const float> values = TRY(file.Values<float>(name));
  if (values.size() == columns) return std::vector<float>(values.begin(), values.end());
  return Error{Code::kInvalid, StrCat(file.name, ": '", name, "' has ", values.size(), " values, not ", columns)};
}

Result<void> ReadStandardisation(const SafetensorsFile& file, TrainedModel& trained) {
  if (!file.Has(kMean)) return {};
  trained.standardisation.mean = TRY(ReadColumns(file, kMean, trained.columns));
  trained.standardisation.scale = TRY(ReadColumns(file, kScale, trained.columns));
  return {};
}

}  // namespace

Bytes WriteModel(const TrainedModel& trained) {
  TensorMetadata metadata;
  metadata["format"] = kFormat;
  metadata["kind"] = trained.kind.kind;
  metadata["settings"] = nlohmann::json(trained.kind.settings).dump();
  metadata["columns"] = StrCat(trained.columns);
  metadata["classes"] = nlohmann::json(trained.classes).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (!trained.class_rows.empty()) metadata["class_rows"] = nlohmann::json(trained.class_rows).dump();
  for (const auto& [key, text] : trained.notes) metadata[StrCat(kNotePrefix, key)] = text;
  std::vector<TensorView> views;
  for (const Tensor& tensor : trained.model->tensors()) {
    const std::span<const float> values = std::span(trained.parameters).subspan(tensor.offset, SizeOf(tensor));
    views.push_back(ViewOf(tensor.name, {tensor.shape.begin(), tensor.shape.end()}, values));
  }
  const Standardisation& standardisation = trained.standardisation;
  if (!standardisation.mean.empty()) {
    views.push_back(ViewOf(std::string(kMean), {trained.columns}, std::span(standardisation.mean)));
    views.push_back(ViewOf(std::string(kScale), {trained.columns}, std::span(standardisation.scale)));
  }
  return WriteSafetensors(views, metadata);
}

Result<TrainedModel> ReadModel(Blob file, std::string_view name) {
  const SafetensorsFile parsed = TRY(ParseSafetensors(std::move(file), name));
  TrainedModel trained;
  TRY(ReadDescription(parsed, trained));
  const Shape shape{.columns = trained.columns, .classes = trained.classes.size(), .class_rows = trained.class_rows};
  trained.model = TRY(MakeModel(trained.kind, shape).Context(name));
  TRY(ReadParameters(parsed, trained));
  TRY(ReadStandardisation(parsed, trained));
  return trained;
}

}  // namespace lambdaml
