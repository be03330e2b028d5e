// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/data_run.h"
#include "data/import.h"

namespace lambdaml {

namespace {

struct ImportSettings {
  ImportOptions import;
  std::string url;
  std::int64_t threads = 0;
  bool force = false;
};

Parameters Describe(ImportSettings& s) {
  Parameters parameters{.arguments = {{"SOURCE", &s.import.source, "a file, or a folder of IDX or CIFAR-10 files"},
                                      {"URL", &s.url, "where the dataset goes: a URL or a folder"}},
                        .options = Describe(s.import)};
  parameters.options.emplace_back("threads", s.threads, "processors to use; 0: all", Bounds{.min = 0, .max = 1024});
  parameters.options.emplace_back("force", s.force, "replace a dataset that is there already");
  return parameters;
}

Result<Exit> DataImport(const ImportSettings& settings, Session& session) {
  ImportOptions options = settings.import;
  options.threads = ThreadsOr(settings.threads);
  return RunDataCommand(
      {.url = TRY(ResolveUrl(settings.url, session.environment)),
       .overwrite = settings.force ? Overwrite::kAllow : Overwrite::kRefuse,
       .write = [&options](const ShardSink& sink,
                           const OnDataProgress& progress) { return ImportDataset(options, sink, progress); }},
      session);
}

}  // namespace

constinit const Command kDataImport = {
    .name = "data import",
    .topic = "Data",
    .summary = "Turn files of other programs (CSV, LIBSVM, NumPy, ...) into a dataset",
    .examples =
        "lambdaml data import /usr/share/datasets/fashion-mnist file://$HOME/.cache/lambdaml/fashion-mnist\n"
        "lambdaml data import train.csv data/adult --test test.csv --label-column last\n"
        "lambdaml data import a9a.libsvm file:///data/a9a --columns 123",
    .start = Start<ImportSettings, DataImport>};

}  // namespace lambdaml
