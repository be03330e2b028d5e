// SPDX-License-Identifier: Apache-2.0
#include "cli/catalogs.h"
#include "cli/commands/commands.h"
#include "cli/schema.h"

namespace lambdaml {

namespace {

Result<Exit> PrintJobSchema(const NoSettings&, Session& session) {
  SchemaChoices choices{
      .models = ModelCatalog(), .algorithms = AlgorithmCatalog(), .patterns = PatternCatalog(), .platforms = {}};
  for (const CatalogEntry& platform : PlatformCatalog()) choices.platforms.push_back(platform.name);
  session.terminal.Out(JobSchema(choices));
  return Exit::kDone;
}

}  // namespace

constinit const Command kJobSchema = {.name = "job schema",
                                      .topic = "What there is",
                                      .summary = "Print the JSON Schema of job files, for editors",
                                      .examples = "lambdaml job schema > lambdaml-job.schema.json",
                                      .start = Start<NoSettings, PrintJobSchema>};

}  // namespace lambdaml
