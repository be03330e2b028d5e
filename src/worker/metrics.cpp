// SPDX-License-Identifier: Apache-2.0
#include "worker/metrics.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace lambdaml {

namespace {

constexpr int kLowest = -12;  // exponent of the smallest margin that is told from 0
constexpr int kOctaves = 18;
constexpr int kMantissaBits = 6;
constexpr std::size_t kSide = (std::size_t{kOctaves} << kMantissaBits) + 1;  // bins of one sign, the first is about 0
constexpr std::size_t kBins = 2 * kSide;
constexpr std::size_t kRowsAtOnce = 4096;

// Bins of equal exponent and leading mantissa bits, which ascend with the number.
std::size_t MagnitudeBin(float magnitude) {
  constexpr std::uint32_t kFirst = static_cast<std::uint32_t>(127 + kLowest) << kMantissaBits;
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(magnitude) >> (23U - kMantissaBits);
  return bits < kFirst ? 0 : std::min<std::size_t>(bits - kFirst + 1, kSide - 1);
}

std::size_t BinOf(float margin) {
  const std::size_t bin = MagnitudeBin(std::abs(margin));
  return margin < 0 ? kSide - 1 - bin : kSide + bin;
}

// Probabilities of two classes add up to 1, margins to 0.
float MarginOf(const float* outputs) {
  return outputs[0] + outputs[1] > 0.5F ? std::log(outputs[1] / outputs[0]) : outputs[1];
}

}  // namespace

std::vector<double> CountMargins(const Model& model, std::span<const float> parameters, const RowSpan& rows) {
  std::vector<double> counts(2 * kBins);
  std::vector<float> outputs(2 * kRowsAtOnce);
  for (std::size_t begin = 0; begin < rows.rows(); begin += kRowsAtOnce) {
    const std::size_t end = std::min(begin + kRowsAtOnce, rows.rows());
    const RowSpan part = rows.Part(begin, end);
    model.Predict(parameters, part, std::span(outputs).first(2 * part.rows()));
    for (std::size_t i = 0; i < part.rows(); ++i) {
      const std::size_t side = part.labels()[i] == 1.0F ? kBins : 0;
      counts[side + BinOf(MarginOf(outputs.data() + 2 * i))] += 1;
    }
  }
  return counts;
}

double AucOf(std::span<const double> counts) {
  double below = 0;  // rows of class 0 with a smaller margin
  double positives = 0;
  double ordered = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    ordered += counts[kBins + bin] * (below + counts[bin] / 2);
    below += counts[bin];
    positives += counts[kBins + bin];
  }
  return below * positives > 0 ? ordered / (below * positives) : 0.5;
}

bool HasAuc(const Model& model) { return model.learns() == Learns::kClasses && model.outputs() == 2; }

Metrics MetricsOf(Learns learns, const Score& score, std::span<const double> counts) {
  Metrics metrics;
  if (score.rows == 0) return metrics;
  metrics.loss = score.loss / score.rows;
  metrics.rows = static_cast<std::int64_t>(score.rows);
  if (learns == Learns::kClasses) metrics.accuracy = score.correct / score.rows;
  if (learns == Learns::kNumbers) metrics.rmse = std::sqrt(score.squares / score.rows);
  if (!counts.empty()) metrics.auc = AucOf(counts);
  return metrics;
}

}  // namespace lambdaml
