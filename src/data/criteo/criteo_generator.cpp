// SPDX-License-Identifier: Apache-2.0
#include "data/criteo/criteo_generator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/random.h"
#include "data/distributions.h"

namespace lambdaml::criteo {

namespace {

// How many values each field has: the bins of I1 to I13, then C1 to C26.
constexpr std::array kValues{49,   101,  126,   45,      223,     118,      84,      76,    95,      9,
                             30,   40,   75,    1460,    583,     10131227, 2202608, 305,   24,      12517,
                             633,  3,    93145, 5683,    8351593, 3194,     27,      14992, 5461306, 10,
                             5652, 2173, 4,     7046547, 18,      15,       286181,  105,   142572};
constexpr std::size_t kFields = kValues.size();
constexpr std::size_t kBinned = 13;
constexpr double kBinnedExponent = 1.2;
constexpr double kExponent = 1.05;
constexpr std::array kHidden{3000, 20000, 200};  // ads, users, sites

constexpr double kHiddenShare = 0.55;        // of fields whose value hangs on a hidden number
constexpr double kClicks = 0.256;            // share of class 1
constexpr std::uint64_t kPilotRows = 16384;  // that the intercept is found with
constexpr double kWeight = 0.30;             // standard deviation of a value's weight
constexpr double kFewWeight = 0.18;          // the same in fields of few values
constexpr int kFew = 30;
constexpr double kPairWeight = 0.35;  // standard deviation of the weight of ad and site

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ULL;
constexpr std::uint64_t kRowNumbers = 64;  // random numbers that a row may use

double UniformOf(std::uint64_t key) { return static_cast<double>(Mix(key) >> 11U) * 0x1.0p-53; }

double NormalOf(std::uint64_t key) {  // by Box and Muller
  return std::sqrt(-2 * std::log(1 - UniformOf(key))) * std::cos(2 * std::numbers::pi * UniformOf(~key));
}

double Logistic(double logit) { return 1 / (1 + std::exp(-logit)); }

struct Row {
  std::array<std::uint32_t, kFields> columns{};
  double logit = 0;  // without the intercept
  double uniform = 0;
};

class CriteoGenerator final : public Generator {
 public:
  explicit CriteoGenerator(const Settings& settings)
      : columns_(static_cast<std::uint64_t>(settings.columns)), seed_(static_cast<std::uint64_t>(settings.seed)) {
    for (const int size : kHidden) hidden_.emplace_back(size, kExponent);
    for (std::size_t field = 0; field < kFields; ++field) {
      fields_.emplace_back(kValues[field], field < kBinned ? kBinnedExponent : kExponent);
    }
    intercept_ = Intercept();
  }

  Manifest form() const override {
    Manifest form;
    form.sparse = true;
    form.columns = columns_;
    form.classes = {"0", "1"};
    return form;
  }

  GeneratedRows Block(std::uint64_t block) const override {
    GeneratedRows rows;
    rows.indices.reserve(kGeneratedBlockRows * kFields);
    for (std::uint64_t i = 0; i < kGeneratedBlockRows; ++i) {
      Row row = Draw(block * kGeneratedBlockRows + i);
      rows.labels.push_back(row.uniform < Logistic(intercept_ + row.logit) ? 1.0F : 0.0F);
      std::sort(row.columns.begin(), row.columns.end());
      // Two values may share a column.
      rows.indices.insert(rows.indices.end(), row.columns.begin(), std::unique(row.columns.begin(), row.columns.end()));
      rows.ends.push_back(static_cast<std::uint32_t>(rows.indices.size()));
    }
    rows.values.assign(rows.indices.size(), static_cast<float>(1 / std::sqrt(kFields)));
    return rows;
  }

 private:
  Row Draw(std::uint64_t number) const {
    std::uint64_t key = kRowNumbers * number + seed_ * kGolden;
    Row row;
    row.uniform = UniformOf(key++);
    std::array<std::uint64_t, kHidden.size()> hidden{};
    for (std::size_t i = 0; i < hidden.size(); ++i) hidden[i] = hidden_[i].Rank(UniformOf(key++));
    const std::uint64_t pair = Mix(Mix(seed_, hidden[0]), hidden[2]);
    row.logit = kPairWeight * std::sqrt(12.0) * (UniformOf(pair) - 0.5);
    for (std::size_t field = 0; field < kFields; ++field) {
      const double own = UniformOf(key++);
      // A number that is not below the share is uniform between it and 1.
      const double uniform = own < kHiddenShare ? UniformOf(Mix(Mix(seed_, field), hidden[field % hidden.size()]))
                                                : (own - kHiddenShare) / (1 - kHiddenShare);
      const std::uint64_t value = (fields_[field].Rank(uniform) + 1) * 0x100000001B3ULL + (field + 1) * 0x9E3779B1ULL;
      row.logit += (kValues[field] <= kFew ? kFewWeight : kWeight) * NormalOf(value + seed_ * kGolden);
      row.columns[field] = static_cast<std::uint32_t>(Mix(value) % columns_);
    }
    return row;
  }

  // That which gives the share of clicks, by bisection over the first rows: a seed's frequent values may have large
  // weights.
  double Intercept() const {
    std::vector<double> logits(kPilotRows);
    for (std::uint64_t number = 0; number < kPilotRows; ++number) logits[number] = Draw(number).logit;
    double low = -20;
    double high = 20;
    for (int i = 0; i < 30; ++i) {
      const double middle = (low + high) / 2;
      double clicks = 0;
      for (const double logit : logits) clicks += Logistic(middle + logit);
      (clicks < kClicks * static_cast<double>(kPilotRows) ? low : high) = middle;
    }
    return low;
  }

  std::uint64_t columns_;
  std::uint64_t seed_;
  std::vector<PowerLaw> hidden_;
  std::vector<PowerLaw> fields_;
  double intercept_ = 0;
};

}  // namespace

Result<std::unique_ptr<Generator>> Make(const Choice& choice) {
  Settings settings;
  TRY(Apply(choice, Describe(settings), "generator criteo"));
  return std::unique_ptr<Generator>(std::make_unique<CriteoGenerator>(settings));
}

}  // namespace lambdaml::criteo
