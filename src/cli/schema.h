// SPDX-License-Identifier: Apache-2.0
#pragma once

// The JSON Schema (draft 2020-12) of a job file, for editors that complete and check YAML.

#include <span>
#include <string>

#include "worker/catalog.h"

namespace lambdaml {

// What may stand for each choice of a job.
struct SchemaChoices {
  std::vector<CatalogEntry> models;
  std::vector<CatalogEntry> algorithms;
  std::vector<CatalogEntry> patterns;
  std::vector<std::string> platforms;
};

std::string JobSchema(const SchemaChoices& choices);

}  // namespace lambdaml
