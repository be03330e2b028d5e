// SPDX-License-Identifier: Apache-2.0
#include "data/rcv1/rcv1_generator.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "data/distributions.h"

namespace lambdaml::rcv1 {

namespace {

constexpr std::size_t kTopics = 40;          // of even number: class 1
constexpr double kPositive = 0.525;          // share of class 1
constexpr double kTopicConcentration = 2;    // of the topics' shares
constexpr double kClassSpread = 0.9;         // of the log weight of a term, common to the topics of a class
constexpr double kTopicSpread = 1;           // the same, of each topic
constexpr double kFirstTopical = 2000;       // from this rank on a term carries all of the topic
constexpr double kMixtureConcentration = 8;  // of a document's share of topical words around the mean
constexpr double kMedianWords = 62;
constexpr double kWordsSpread = 0.69;  // of the logarithm
constexpr double kWordsMin = 4;
constexpr double kWordsMax = 1200;

// How often a term of rank 1, 2, ... is drawn. The share of RCV1's documents that hold it follows two power laws,
// fitted to the shares at ranks 1 to 1,000; a document that draws a term twice holds it once, hence the logarithm.
std::vector<double> TermWeights(std::size_t columns) {
  std::vector<double> weights;
  weights.reserve(columns);
  for (std::size_t i = 1; i <= columns; ++i) {
    const auto rank = static_cast<double>(i);
    const double share = 0.522 * std::pow(1 + rank / 0.8, -0.269) * std::pow(1 + rank / 418.1, -1.261);
    weights.push_back(-std::log1p(-std::min(1.12 * share, 0.6)));
  }
  return weights;
}

// Frequent terms carry little topic.
double TopicalityOf(std::size_t term) {
  return std::clamp(std::log(static_cast<double>(term + 1)) / std::log(kFirstTopical), 0.15, 1.0);
}

std::size_t ClassOf(std::size_t topic) { return topic % 2 == 0 ? 1 : 0; }

class Rcv1Generator final : public Generator {
 public:
  explicit Rcv1Generator(const Settings& settings)
      : settings_(settings), columns_(static_cast<std::size_t>(settings.columns)) {
    const std::vector<double> weights = TermWeights(columns_);
    language_ = Cumulated(weights);
    Random random(static_cast<std::uint64_t>(settings.seed), 0);
    MakeTopics(random, weights);
    topic_shares_ = Cumulated(TopicShares(random));
    MakeInverseShares();
  }

  Manifest form() const override {
    Manifest form;
    form.sparse = true;
    form.columns = columns_;
    form.classes = {"-1", "1"};
    return form;
  }

  GeneratedRows Block(std::uint64_t block) const override {
    Random random(static_cast<std::uint64_t>(settings_.seed), block + 1);
    GeneratedRows rows;
    std::vector<std::uint32_t> words;
    for (std::uint64_t row = 0; row < kGeneratedBlockRows; ++row) {
      const std::size_t topic = Pick(topic_shares_, random.Uniform());
      Draw(random, topic, words);
      AppendRow(words, rows);
      const bool flipped = random.Uniform() < settings_.flipped;
      rows.labels.push_back(static_cast<float>(flipped ? 1 - ClassOf(topic) : ClassOf(topic)));
    }
    return rows;
  }

 private:
  // Log-normal multiples of the language's weights whose mean is 1.
  void MakeTopics(Random& random, const std::vector<double>& weights) {
    std::vector<double> by_class(2 * columns_);
    for (double& normal : by_class) normal = random.Normal();
    constexpr double kVariance = kClassSpread * kClassSpread + kTopicSpread * kTopicSpread;
    for (std::size_t topic = 0; topic < kTopics; ++topic) {
      std::vector<double> own = weights;
      for (std::size_t term = 0; term < columns_; ++term) {
        const double common = by_class[ClassOf(topic) * columns_ + term];
        const double ramp = TopicalityOf(term);
        own[term] *=
            std::exp(ramp * (kClassSpread * common + kTopicSpread * random.Normal()) - 0.5 * ramp * ramp * kVariance);
      }
      topics_.push_back(Cumulated(std::move(own)));
    }
  }

  static std::vector<double> TopicShares(Random& random) {
    std::vector<double> shares = Dirichlet(random, kTopics, kTopicConcentration);
    double of_class[2] = {};
    for (std::size_t topic = 0; topic < kTopics; ++topic) of_class[ClassOf(topic)] += shares[topic];
    for (std::size_t topic = 0; topic < kTopics; ++topic) {
      const std::size_t c = ClassOf(topic);
      shares[topic] *= (c == 1 ? kPositive : 1 - kPositive) / of_class[c];
    }
    return shares;
  }

  // idf of each term: minus the logarithm of the expected share of documents that hold it. The expectation is over
  // topics and over eight equally likely numbers of words; no documents are drawn for it.
  void MakeInverseShares() {
    constexpr double kScores[] = {-1.534, -0.887, -0.489, -0.157, 0.157, 0.489, 0.887, 1.534};  // of a normal
    inverse_shares_.assign(columns_, 0);
    for (std::size_t topic = 0; topic < kTopics; ++topic) {
      const double share = (topic_shares_[topic] - (topic == 0 ? 0 : topic_shares_[topic - 1])) / std::size(kScores);
      for (std::size_t term = 0; term < columns_; ++term) {
        const double drawn =
            settings_.topical * ShareIn(topics_[topic], term) + (1 - settings_.topical) * ShareIn(language_, term);
        for (const double score : kScores) {
          inverse_shares_[term] += share * -std::expm1(-drawn * kMedianWords * std::exp(kWordsSpread * score));
        }
      }
    }
    for (double& value : inverse_shares_) value = -std::log(value);
  }

  static double ShareIn(const std::vector<double>& cumulated, std::size_t term) {
    return cumulated[term] - (term == 0 ? 0 : cumulated[term - 1]);
  }

  // The words of a document, sorted.
  void Draw(Random& random, std::size_t topic, std::vector<std::uint32_t>& words) const {
    const double length = std::exp(std::log(kMedianWords) + kWordsSpread * random.Normal());
    const double topical =
        Beta(random, kMixtureConcentration * settings_.topical, kMixtureConcentration * (1 - settings_.topical));
    words.resize(static_cast<std::size_t>(std::lround(std::clamp(length, kWordsMin, kWordsMax))));
    for (std::uint32_t& word : words) {
      const std::vector<double>& source = random.Uniform() < topical ? topics_[topic] : language_;
      word = static_cast<std::uint32_t>(Pick(source, random.Uniform()));
    }
    std::sort(words.begin(), words.end());
  }

  void AppendRow(const std::vector<std::uint32_t>& words, GeneratedRows& rows) const {
    const std::size_t first = rows.values.size();
    double squares = 0;
    for (std::size_t i = 0; i < words.size();) {
      const auto end = static_cast<std::size_t>(
          std::upper_bound(words.begin() + static_cast<std::ptrdiff_t>(i), words.end(), words[i]) - words.begin());
      const double value = (1 + std::log(static_cast<double>(end - i))) * inverse_shares_[words[i]];
      squares += value * value;
      rows.indices.push_back(words[i]);
      rows.values.push_back(static_cast<float>(value));
      i = end;
    }
    const auto scale = static_cast<float>(1 / std::sqrt(squares));
    for (std::size_t i = first; i < rows.values.size(); ++i) rows.values[i] *= scale;
    rows.ends.push_back(static_cast<std::uint32_t>(rows.values.size()));
  }

  Settings settings_;
  std::size_t columns_;
  std::vector<double> language_;             // cumulated weights of the terms
  std::vector<std::vector<double>> topics_;  // the same of each topic
  std::vector<double> topic_shares_;         // cumulated
  std::vector<double> inverse_shares_;       // idf
};

}  // namespace

Result<std::unique_ptr<Generator>> Make(const Choice& choice) {
  Settings settings;
  TRY(Apply(choice, Describe(settings), "generator rcv1"));
  return std::unique_ptr<Generator>(std::make_unique<Rcv1Generator>(settings));
}

}  // namespace lambdaml::rcv1
