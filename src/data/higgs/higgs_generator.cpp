// SPDX-License-Identifier: Apache-2.0
#include "data/higgs/higgs_generator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/random.h"
#include "data/higgs/higgs_tables.h"

namespace lambdaml::higgs {

namespace {

using Scores = std::array<double, kColumns>;
using Factor = std::array<Scores, kColumns>;  // lower triangle

double NormalShare(double score) { return 0.5 * std::erfc(-score / std::numbers::sqrt2); }

// The score below which `share` of a standard normal lies, by bisection; used for tables only.
double NormalScore(double share) {
  double low = -8;
  double high = 8;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (NormalShare(middle) < share ? low : high) = middle;
  }
  return low;
}

// The Cholesky factor of a class's correlations: with independent normals z, factor * z has these correlations.
Factor FactorOf(bool signal) {
  Factor factor{};
  for (std::size_t i = 0; i < kColumns; ++i) factor[i][i] = 1;
  for (const Correlation& pair : Correlations(signal)) {
    factor[std::max(pair.row, pair.column)][std::min(pair.row, pair.column)] = pair.value;
  }
  for (std::size_t j = 0; j < kColumns; ++j) {
    for (std::size_t k = 0; k < j; ++k) factor[j][j] -= factor[j][k] * factor[j][k];
    factor[j][j] = std::sqrt(factor[j][j]);
    for (std::size_t i = j + 1; i < kColumns; ++i) {
      for (std::size_t k = 0; k < j; ++k) factor[i][j] -= factor[i][k] * factor[j][k];
      factor[i][j] /= factor[j][j];
    }
  }
  return factor;
}

double Rounded(double value) { return std::round(value * 1000) / 1000; }

class HiggsGenerator final : public Generator {
 public:
  explicit HiggsGenerator(const Settings& settings)
      : seed_(static_cast<std::uint64_t>(settings.seed)), factors_{FactorOf(false), FactorOf(true)} {
    std::transform(kQuantileShares.begin(), kQuantileShares.end(), scores_.begin(), NormalScore);
  }

  Manifest form() const override {
    Manifest form;
    form.columns = kColumns;
    form.classes = {"0", "1"};
    return form;
  }

  GeneratedRows Block(std::uint64_t block) const override {
    Random random(seed_, block + 1);
    GeneratedRows rows;
    rows.values.reserve(kGeneratedBlockRows * kColumns);
    for (std::uint64_t row = 0; row < kGeneratedBlockRows; ++row) {
      const bool signal = random.Uniform() < kSignalShare;
      rows.labels.push_back(signal ? 1.0F : 0.0F);
      AppendRow(signal, random, rows.values);
    }
    return rows;
  }

 private:
  void AppendRow(bool signal, Random& random, std::vector<float>& values) const {
    Scores independent{};
    for (double& score : independent) score = random.Normal();
    const Factor& factor = factors_[signal ? 1 : 0];
    for (std::size_t i = 0; i < kColumns; ++i) {
      double score = 0;
      for (std::size_t k = 0; k <= i; ++k) score += factor[i][k] * independent[k];
      const Column& column = kColumnTable[i];
      const auto& table = column.by_class[signal ? 1 : 0];
      values.push_back(static_cast<float>(column.atoms ? Atom(column, table, score) : Rounded(Bend(table, score))));
    }
  }

  static double Atom(const Column& column, const std::array<double, kQuantileShares.size()>& shares, double score) {
    const double share = NormalShare(score);
    if (share <= shares[0]) return column.values[0];
    return share <= shares[0] + shares[1] ? column.values[1] : column.values[2];
  }

  // Linear between the points (score of a share, quantile of that share), constant beyond them.
  double Bend(const std::array<double, kQuantileShares.size()>& quantiles, double score) const {
    if (score <= scores_.front()) return quantiles.front();
    if (score >= scores_.back()) return quantiles.back();
    std::size_t next = 1;
    while (scores_[next] < score) ++next;
    const double part = (score - scores_[next - 1]) / (scores_[next] - scores_[next - 1]);
    return quantiles[next - 1] + part * (quantiles[next] - quantiles[next - 1]);
  }

  std::uint64_t seed_;
  std::array<Factor, 2> factors_;
  std::array<double, kQuantileShares.size()> scores_{};
};

}  // namespace

Result<std::unique_ptr<Generator>> Make(const Choice& choice) {
  Settings settings;
  TRY(Apply(choice, Describe(settings), "generator higgs"));
  return std::unique_ptr<Generator>(std::make_unique<HiggsGenerator>(settings));
}

}  // namespace lambdaml::higgs
