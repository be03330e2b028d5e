// SPDX-License-Identifier: Apache-2.0
#include "data/ratings/ratings_generator.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "data/distributions.h"

namespace lambdaml::ratings {

namespace {

constexpr double kMean = 3.5;
constexpr double kBiasSpread = 0.4;            // standard deviation, of users and of items
constexpr double kFactorSpread = 0.6;          // standard deviation of the factors' product
constexpr double kPopularityExponent = 1.001;  // PowerLaw has none of 1

class RatingsGenerator final : public Generator {
 public:
  explicit RatingsGenerator(const Settings& settings)
      : settings_(settings),
        users_(static_cast<std::uint64_t>(settings.users)),
        key_(Mix(static_cast<std::uint64_t>(settings.seed), 0)),
        popularity_(static_cast<double>(settings.items), kPopularityExponent) {}

  Manifest form() const override {
    Manifest form;
    form.sparse = true;
    form.columns = users_ + static_cast<std::uint64_t>(settings_.items);
    return form;
  }

  GeneratedRows Block(std::uint64_t block) const override {
    Random random(static_cast<std::uint64_t>(settings_.seed), block + 1);
    GeneratedRows rows;
    for (std::uint64_t row = 0; row < kGeneratedBlockRows; ++row) {
      const std::uint64_t user = random.Below(users_);
      const std::uint64_t item = users_ + popularity_.Rank(random.Uniform());
      const double rating = Expected(user, item) + settings_.noise * random.Normal();
      rows.indices.push_back(static_cast<std::uint32_t>(user));
      rows.indices.push_back(static_cast<std::uint32_t>(item));
      rows.ends.push_back(static_cast<std::uint32_t>(rows.indices.size()));
      rows.labels.push_back(static_cast<float>(settings_.round ? std::clamp(std::round(rating), 1.0, 5.0) : rating));
    }
    rows.values.assign(rows.indices.size(), 1.0F);
    return rows;
  }

 private:
  // Of a user's and an item's column.
  double Expected(std::uint64_t user, std::uint64_t item) const {
    Random of_user(key_, user);
    Random of_item(key_, item);
    const double biases = kBiasSpread * (of_user.Normal() + of_item.Normal());
    double product = 0;
    for (std::int64_t k = 0; k < settings_.rank; ++k) product += of_user.Normal() * of_item.Normal();
    return kMean + biases + kFactorSpread * product / std::sqrt(static_cast<double>(settings_.rank));
  }

  Settings settings_;
  std::uint64_t users_;
  std::uint64_t key_;
  PowerLaw popularity_;
};

}  // namespace

Result<std::unique_ptr<Generator>> Make(const Choice& choice) {
  Settings settings;
  TRY(Apply(choice, Describe(settings), "generator ratings"));
  return std::unique_ptr<Generator>(std::make_unique<RatingsGenerator>(settings));
}

}  // namespace lambdaml::ratings
