// SPDX-License-Identifier: Apache-2.0
#include "data/yfcc/yfcc_generator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>

#include "base/random.h"
#include "data/distributions.h"

namespace lambdaml::yfcc {

namespace {

constexpr std::size_t kFactors = 256;
constexpr std::size_t kScenes = 300;
constexpr double kSceneConcentration = 0.6;
constexpr double kSceneSpread = 1.2;  // of scenes, in units of the rows' spread around them
constexpr double kPositiveShare = 0.078;
constexpr double kPositiveShift = 1.1;   // of positive scenes, along one direction
constexpr double kRedrawn = 0.02;        // share of labels that are drawn anew
constexpr double kScale = 4.0 * 8 / 64;  // of factors that are 1 or -1 in each column
constexpr double kMean = -0.9;           // of the columns' means
constexpr double kMeanSpread = 0.35;
constexpr float kNoise = 0.55F;

// Columns are computed kTile at a time: that many of every factor (64 KiB) stay in the cache for all rows of a block.
constexpr std::size_t kTile = 64;

// As vectors, so that every build is fast: the product of strengths and factors is nearly all of the work.
using Floats __attribute__((vector_size(16))) = float;
constexpr std::size_t kLanes = sizeof(Floats) / sizeof(float);

struct Tile {
  Floats part[kTile / kLanes] = {};
};

// Standard normals from 12 bits each: the middles of 4,096 equal shares, so none is beyond 3.7. Most of the random
// numbers here are noise in a column, and a table is several times as fast as logarithms.
class NormalTable {
 public:
  NormalTable() {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      values_[i] = static_cast<float>(ScoreOf((static_cast<double>(i) + 0.5) / static_cast<double>(values_.size())));
    }
  }

  void Fill(Random& random, std::span<float> normals) const {
    constexpr std::size_t kOfOne = 4;  // 16 bits each, of which 12 are used
    for (std::size_t i = 0; i < normals.size(); i += kOfOne) {
      std::uint64_t bits = random.Next();
      for (std::size_t j = i; j < std::min(i + kOfOne, normals.size()); ++j, bits >>= 16U) {
        normals[j] = values_[bits % values_.size()];
      }
    }
  }

 private:
  // The score below which `share` of a standard normal lies, by bisection.
  static double ScoreOf(double share) {
    double low = -8;
    double high = 8;
    for (int i = 0; i < 40; ++i) {
      const double middle = (low + high) / 2;
      (0.5 * std::erfc(-middle / std::numbers::sqrt2) < share ? low : high) = middle;
    }
    return low;
  }

  std::array<float, 4096> values_{};
};

// The sum over k of strengths[k] factors[k].
Tile Product(const float* strengths, const Tile* factors) {
  Tile sums;
  for (std::size_t k = 0; k < kFactors; ++k) {
    for (std::size_t i = 0; i < kTile / kLanes; ++i) sums.part[i] += strengths[k] * factors[k].part[i];
  }
  return sums;
}

class YfccGenerator final : public Generator {
 public:
  explicit YfccGenerator(const Settings& settings)
      : columns_(static_cast<std::size_t>(settings.columns)), seed_(static_cast<std::uint64_t>(settings.seed)) {
    Random random(seed_, 0);
    MakeScenes(random);
    means_.resize(columns_);
    for (float& mean : means_) mean = static_cast<float>(kMean + kMeanSpread * random.Normal());
    MakeFactors();
  }

  Manifest form() const override {
    Manifest form;
    form.columns = columns_;
    form.classes = {"0", "1"};
    return form;
  }

  GeneratedRows Block(std::uint64_t block) const override {
    Random random(seed_, block + 1);
    GeneratedRows rows;
    rows.values.resize(kGeneratedBlockRows * columns_);
    std::vector<float> strengths(kGeneratedBlockRows * kFactors);
    for (std::uint64_t row = 0; row < kGeneratedBlockRows; ++row) {
      const std::size_t scene = Pick(scene_shares_, random.Uniform());
      Strengths(random, scene, std::span(strengths).subspan(row * kFactors, kFactors));
      rows.labels.push_back(Label(random, scene));
      Noise(random, std::span(rows.values).subspan(row * columns_, columns_));
    }
    for (std::size_t first = 0; first < columns_; first += kTile) AddFactors(strengths, first, rows.values);
    return rows;
  }

 private:
  void MakeScenes(Random& random) {
    const std::vector<double> shares = Dirichlet(random, kScenes, kSceneConcentration);
    scene_shares_ = Cumulated(shares);
    centres_.resize(kScenes * kFactors);
    for (double& centre : centres_) centre = kSceneSpread * random.Normal();
    std::array<double, kFactors> shift{};
    double squares = 0;
    for (double& s : shift) {
      s = random.Normal();
      squares += s * s;
    }
    // Scenes are alike, so the order of their numbers is as good as any.
    positive_.assign(kScenes, 0);
    double share = 0;
    for (std::size_t scene = 0; scene < kScenes; ++scene) {
      if (share + shares[scene] > kPositiveShare) continue;
      share += shares[scene];
      positive_[scene] = 1;
      for (std::size_t k = 0; k < kFactors; ++k) {
        centres_[scene * kFactors + k] += kPositiveShift * shift[k] / std::sqrt(squares);
      }
    }
  }

  void MakeFactors() {
    const std::size_t tiles = (columns_ + kTile - 1) / kTile;
    factors_.resize(tiles * kFactors);
    for (std::size_t tile = 0; tile < tiles; ++tile) {
      for (std::size_t k = 0; k < kFactors; ++k) {
        for (std::size_t j = 0; j < kTile; ++j) {
          const bool negative = Mix(Mix(seed_, k), tile * kTile + j) % 2 != 0;
          factors_[tile * kFactors + k].part[j / kLanes][j % kLanes] = negative ? -1.0F : 1.0F;
        }
      }
    }
  }

  // Of each factor in a row of a scene: (centre + normal) / sqrt(k), k from 1.
  void Strengths(Random& random, std::size_t scene, std::span<float> strengths) const {
    normals_.Fill(random, strengths);
    for (std::size_t k = 0; k < kFactors; ++k) {
      const double score = centres_[scene * kFactors + k] + static_cast<double>(strengths[k]);
      strengths[k] = static_cast<float>(kScale * score / std::sqrt(static_cast<double>(k + 1)));
    }
  }

  float Label(Random& random, std::size_t scene) const {
    const bool redrawn = random.Uniform() < kRedrawn;
    const bool positive = redrawn ? random.Uniform() < kPositiveShare : positive_[scene] != 0;
    return positive ? 1.0F : 0.0F;
  }

  void Noise(Random& random, std::span<float> values) const {
    normals_.Fill(random, values);
    for (std::size_t i = 0; i < columns_; ++i) values[i] = means_[i] + kNoise * values[i];
  }

  // To the columns of one tile, of all rows.
  void AddFactors(const std::vector<float>& strengths, std::size_t first, std::vector<float>& values) const {
    const Tile* const factors = factors_.data() + first / kTile * kFactors;
    const std::size_t width = std::min(kTile, columns_ - first);
    for (std::uint64_t row = 0; row < kGeneratedBlockRows; ++row) {
      const Tile sums = Product(strengths.data() + row * kFactors, factors);
      float* const out = values.data() + row * columns_ + first;
      for (std::size_t j = 0; j < width; ++j) out[j] += sums.part[j / kLanes][j % kLanes];
    }
  }

  std::size_t columns_;
  std::uint64_t seed_;
  std::vector<double> scene_shares_;  // cumulated
  std::vector<double> centres_;       // scene after scene
  std::vector<char> positive_;        // whether a scene is
  std::vector<float> means_;
  std::vector<Tile> factors_;  // tile after tile kFactors, of signs
  NormalTable normals_;
};

}  // namespace

Result<std::unique_ptr<Generator>> Make(const Choice& choice) {
  Settings settings;
  TRY(Apply(choice, Describe(settings), "generator yfcc"));
  return std::unique_ptr<Generator>(std::make_unique<YfccGenerator>(settings));
}

}  // namespace lambdaml::yfcc
