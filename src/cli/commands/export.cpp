// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"
#include "base/text.h"
#include "cli/commands/commands.h"
#include "worker/predict.h"

namespace lambdaml {

namespace {

struct ExportSettings {
  std::string model;
  std::string output;
  std::string format = "auto";
};

Parameters Describe(ExportSettings& s) {
  return {
      .arguments = {{"MODEL", &s.model, "a model file, as train leaves it"},
                    {"OUTPUT", &s.output, "the file to write, as model.onnx or model.json"}},
      .options = {{"to", s.format, "the format; auto: by the name of OUTPUT", {.one_of = {"auto", "onnx", "json"}}}}};
}

Result<std::string> FormatOf(const ExportSettings& settings) {
  if (settings.format != "auto") return settings.format;
  for (const char* format : {"onnx", "json"}) {
    if (settings.output.ends_with(StrCat(".", format))) return std::string(format);
  }
  return Error{Code::kInvalid,
               StrCat(settings.output, ": the name tells no format: end it in .onnx or .json, or give --to")};
}

Result<Exit> ExportModel(const ExportSettings& settings, Session& session) {
  const std::string format = TRY(FormatOf(settings));
  const Bytes bytes = TRY(Export(settings.model, format == "onnx" ? ExportFormat::kOnnx : ExportFormat::kJson));
  TRY(WriteFileAtomically(settings.output, bytes, Durability::kProcess));
  session.terminal.Out(StrCat(settings.output, ": ", HumanBytes(static_cast<double>(bytes.size())), "\n"));
  return Exit::kDone;
}

}  // namespace

constinit const Command kExport = {.name = "export",
                                   .topic = "Use a model",
                                   .summary = "Write a linear model or k-means for ONNX or scikit-learn",
                                   .examples =
                                       "lambdaml export out/demo/model.safetensors model.onnx\n"
                                       "lambdaml export out/demo/model.safetensors model.json",
                                   .start = Start<ExportSettings, ExportModel>};

}  // namespace lambdaml
