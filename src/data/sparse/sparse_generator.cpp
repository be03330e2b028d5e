// SPDX-License-Identifier: Apache-2.0
#include "data/sparse/sparse_generator.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace lambdaml::sparse {

namespace {

class SparseGenerator final : public Generator {
 public:
  explicit SparseGenerator(const Settings& settings)
      : settings_(settings), seed_(static_cast<std::uint64_t>(settings.seed)) {}

  Manifest form() const override {
    Manifest form;
    form.sparse = true;
    form.columns = static_cast<std::uint64_t>(settings_.columns);
    form.classes = {"0", "1"};
    return form;
  }

  GeneratedRows Block(std::uint64_t block) const override {
    Random random(seed_, block + 1);
    GeneratedRows rows;
    for (std::uint64_t row = 0; row < kGeneratedBlockRows; ++row) {
      const double margin = AppendRow(random, rows);
      const bool wrong = random.Uniform() < settings_.noise;
      rows.labels.push_back((margin > 0) != wrong ? 1.0F : 0.0F);
    }
    return rows;
  }

 private:
  // The hidden weight of a column, between -1 and 1; a function of the seed, so that no table is kept.
  double WeightOf(std::uint32_t column) const {
    return static_cast<double>(Mix(Mix(seed_, 0), column) >> 11U) * 0x1.0p-52 - 1;
  }

  // Returns the sum of value times hidden weight.
  double AppendRow(Random& random, GeneratedRows& rows) const {
    const auto columns = static_cast<double>(settings_.columns);
    std::vector<std::uint32_t> draws(static_cast<std::size_t>(settings_.nonzeros));
    for (std::uint32_t& draw : draws) {
      draw = static_cast<std::uint32_t>(std::min(std::pow(columns, random.Uniform()), columns) - 1);
    }
    std::sort(draws.begin(), draws.end());
    draws.erase(std::unique(draws.begin(), draws.end()), draws.end());
    const std::size_t first = rows.values.size();
    double squares = 0;
    double margin = 0;
    for (const std::uint32_t column : draws) {
      const auto value = static_cast<float>(0.25 + random.Uniform());
      squares += static_cast<double>(value) * static_cast<double>(value);
      margin += static_cast<double>(value) * WeightOf(column);
      rows.indices.push_back(column);
      rows.values.push_back(value);
    }
    const auto scale = static_cast<float>(1 / std::sqrt(squares));
    for (std::size_t i = first; i < rows.values.size(); ++i) rows.values[i] *= scale;
    rows.ends.push_back(static_cast<std::uint32_t>(rows.values.size()));
    return margin;
  }

  Settings settings_;
  std::uint64_t seed_;
};

}  // namespace

Result<std::unique_ptr<Generator>> Make(const Choice& choice) {
  Settings settings;
  TRY(Apply(choice, Describe(settings), "generator sparse"));
  return std::unique_ptr<Generator>(std::make_unique<SparseGenerator>(settings));
}

}  // namespace lambdaml::sparse
