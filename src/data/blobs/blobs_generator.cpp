// SPDX-License-Identifier: Apache-2.0
#include "data/blobs/blobs_generator.h"

#include "base/random.h"
#include "base/text.h"

namespace lambdaml::blobs {

namespace {

class BlobsGenerator final : public Generator {
 public:
  explicit BlobsGenerator(const Settings& settings)
      : seed_(static_cast<std::uint64_t>(settings.seed)),
        columns_(static_cast<std::size_t>(settings.columns)),
        classes_(static_cast<std::size_t>(settings.classes)),
        spread_(settings.spread),
        centres_(columns_ * classes_) {
    Random random(seed_, 0);
    for (double& centre : centres_) centre = random.Normal();
  }

  Manifest form() const override {
    Manifest form;
    form.columns = columns_;
    for (std::size_t i = 0; i < classes_; ++i) form.classes.push_back(StrCat(i));
    return form;
  }

  GeneratedRows Block(std::uint64_t block) const override {
    Random random(seed_, block + 1);
    GeneratedRows rows;
    rows.values.reserve(kGeneratedBlockRows * columns_);
    for (std::uint64_t row = 0; row < kGeneratedBlockRows; ++row) {
      const std::uint64_t cluster = random.Below(classes_);
      const double* const centre = centres_.data() + cluster * columns_;
      for (std::size_t i = 0; i < columns_; ++i) {
        rows.values.push_back(static_cast<float>(centre[i] + spread_ * random.Normal()));
      }
      rows.labels.push_back(static_cast<float>(cluster));
    }
    return rows;
  }

 private:
  std::uint64_t seed_;
  std::size_t columns_;
  std::size_t classes_;
  double spread_;
  std::vector<double> centres_;  // class after class
};

}  // namespace

Result<std::unique_ptr<Generator>> Make(const Choice& choice) {
  Settings settings;
  TRY(Apply(choice, Describe(settings), "generator blobs"));
  return std::unique_ptr<Generator>(std::make_unique<BlobsGenerator>(settings));
}

}  // namespace lambdaml::blobs
