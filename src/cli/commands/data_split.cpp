// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "base/url.h"
#include "cli/commands/commands.h"
#include "cli/data_run.h"
#include "data/split.h"

namespace lambdaml {

namespace {

struct SplitSettings {
  std::string url;
  std::string out;
  double fraction = 0.2;
  std::int64_t seed = 1;
  bool force = false;
};

Parameters Describe(SplitSettings& s) {
  return {
      .arguments = {{"URL", &s.url, "a dataset without test rows"}, {"OUT", &s.out, "where the new dataset goes"}},
      .options = {{"fraction", s.fraction, "share of the rows that become test rows", {.min = 1e-9, .max = 1 - 1e-9}},
                  {"seed", s.seed, "which rows; the same seed chooses the same", {.min = 0}},
                  {"force", s.force, "replace a dataset that is there already"}}};
}

Result<Exit> DataSplit(const SplitSettings& settings, Session& session) {
  const std::string out = TRY(ResolveUrl(settings.out, session.environment));
  OpenDataset dataset = TRY(OpenDatasetAt(TRY(ResolveUrl(settings.url, session.environment)), session.stores()));
  if (out == dataset.url)
    return Error{Code::kInvalid, StrCat(PrintableUrl(out), ": a dataset cannot be split onto itself")};
  const SplitOptions options{.test_fraction = settings.fraction, .seed = static_cast<std::uint64_t>(settings.seed)};
  return RunDataCommand({.url = out,
                         .overwrite = settings.force ? Overwrite::kAllow : Overwrite::kRefuse,
                         .write =
                             [&dataset, &options](const ShardSink& sink, const OnDataProgress&) {
                               return SplitDataset(dataset.manifest, dataset.Reader(), options, sink);
                             }},
                        session);
}

}  // namespace

constinit const Command kDataSplit = {
    .name = "data split",
    .topic = "Data",
    .summary = "Divide the rows of a dataset into train and test",
    .examples = "lambdaml data split file:///data/adult file:///data/adult-split --fraction 0.25 --seed 7",
    .start = Start<SplitSettings, DataSplit>};

}  // namespace lambdaml
