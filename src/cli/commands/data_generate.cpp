// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/data_run.h"
#include "data/generate.h"

namespace lambdaml {

namespace {

struct GenerateSettings {
  std::string kind;
  std::string url;
  std::int64_t rows = 0;
  std::vector<std::string> set;
  std::int64_t threads = 0;
  bool force = false;
};

Parameters Describe(GenerateSettings& s) {
  return {.arguments = {{"KIND", &s.kind, "what is generated; `lambdaml data generators` lists the kinds"},
                        {"URL", &s.url, "where the dataset goes: a URL or a folder"}},
          .options = {{"rows", s.rows, "rows, as --set rows=N", {.min = 1}},
                      {"threads", s.threads, "processors to use; 0: all", {.min = 0, .max = 1024}},
                      {"force", s.force, "replace a dataset that is there already"}},
          .lists = {{"set", "KEY=VALUE", &s.set, "a setting of the kind, as seed=7"}}};
}

Result<Choice> ChoiceOf(const GenerateSettings& settings) {
  Choice choice{settings.kind, {}};
  if (settings.rows > 0) choice.settings["rows"] = StrCat(settings.rows);
  for (const std::string& assignment : settings.set) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error{Code::kInvalid, StrCat("--set '", assignment, "': write KEY=VALUE, as in seed=7")};
    }
    choice.settings[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  return choice;
}

Result<Exit> DataGenerate(const GenerateSettings& settings, Session& session) {
  const Choice choice = TRY(ChoiceOf(settings));
  const std::size_t threads = ThreadsOr(settings.threads);
  return RunDataCommand({.url = TRY(ResolveUrl(settings.url, session.environment)),
                         .overwrite = settings.force ? Overwrite::kAllow : Overwrite::kRefuse,
                         .write =
                             [&choice, threads](const ShardSink& sink, const OnDataProgress& progress) {
                               return GenerateDataset(choice, threads, sink, progress);
                             }},
                        session);
}

}  // namespace

constinit const Command kDataGenerate = {.name = "data generate",
                                         .topic = "Data",
                                         .summary = "Make a dataset from a seed",
                                         .examples =
                                             "lambdaml data generate higgs file:///tmp/higgs --rows 100000\n"
                                             "lambdaml data generate blobs /tmp/blobs --rows 1000 --set seed=7",
                                         .start = Start<GenerateSettings, DataGenerate>};

}  // namespace lambdaml
