// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sparse rows like the texts of RCV1 (Lewis, Yang, Rose, Li: RCV1, a new benchmark collection for text categorization
// research, 2004): about 74 of 47,236 terms a row, values log tf-idf, length 1, two classes that a linear model tells
// apart. A document has a topic, each of its words comes from the topic or from the language at large, and the topic's
// class is the label. Terms are numbered by how common they are.

#include <memory>

#include "data/generator.h"

namespace lambdaml::rcv1 {

struct Settings {
  std::int64_t columns = 47236;
  double topical = 0.7;
  double flipped = 0.004;
  std::int64_t seed = 1;
};

inline Fields Describe(Settings& settings) {
  return {{"columns", settings.columns, "terms, the commonest ones first", {.min = 2000, .max = 1e6}},
          {"topical", settings.topical, "share of words that come from the document's topic", {.min = 0.1, .max = 0.9}},
          {"flipped", settings.flipped, "share of labels that are wrong", {.min = 0, .max = 0.5}},
          {"seed", settings.seed, "of the random numbers", {.min = 0}}};
}

Result<std::unique_ptr<Generator>> Make(const Choice& choice);

}  // namespace lambdaml::rcv1
