// SPDX-License-Identifier: Apache-2.0
#include "cli/scoring.h"

#include <cerrno>
#include <cstdlib>

#include "base/file.h"
#include "base/text.h"
#include "cli/data_run.h"

namespace lambdaml {

namespace fs = std::filesystem;

namespace {

Result<fs::path> NewTemporaryFolder(const Environment& environment) {
  const std::string parent = environment.Get("TMPDIR");
  std::string path = StrCat(parent.empty() ? "/tmp" : parent, "/lambdaml-XXXXXX");
  if (::mkdtemp(path.data()) == nullptr) return FileError("creating", path, errno);
  return fs::path(path);
}

}  // namespace

Parameters DescribeScoring(ScoringSettings& settings) {
  Parameters parameters{
      .arguments = {{"MODEL", &settings.model, "a model file, as train leaves it"},
                    {"INPUT", &settings.input, "a dataset (URL or folder), or a file that `data import` can read"}},
      .options = {{"split", settings.split, "of a dataset; else test where there is one, and train"}}};
  for (Field& field : Describe(settings.import)) parameters.options.push_back(std::move(field));
  return parameters;
}

Result<ScoringInput> ScoringInput::Open(const ScoringSettings& settings, Session& session) {
  ScoringInput input;
  input.request_ = {.model_file = settings.model, .data = {}, .split = settings.split};
  std::error_code none;
  if (!fs::is_regular_file(settings.input, none)) {
    input.request_.data = TRY(ResolveUrl(settings.input, session.environment));
    TRY(OpenDatasetAt(input.request_.data, session.stores()));
    return input;
  }
  input.temporary_ = TRY(NewTemporaryFolder(session.environment));
  input.request_.data = StrCat("file://", input.temporary_.string());
  DatasetTarget target = TRY(DatasetTarget::Open(input.request_.data, Overwrite::kRefuse, session.stores()));
  ImportOptions import = settings.import;
  import.source = settings.input;
  import.threads = ThreadsOr(0);
  TRY(ImportDataset(import, target.Sink(), {}));
  return input;
}

ScoringInput::ScoringInput(ScoringInput&& other) noexcept
    : request_(std::move(other.request_)), temporary_(std::exchange(other.temporary_, {})) {}

ScoringInput::~ScoringInput() {
  std::error_code none;
  if (!temporary_.empty()) fs::remove_all(temporary_, none);
}

}  // namespace lambdaml
