// SPDX-License-Identifier: Apache-2.0
#include "model/parallel.h"

#include <algorithm>
#include <vector>

#include "model/clusters.h"

namespace lambdaml {

namespace {

// Values of the rows, below which handing a part to another thread takes longer than the part.
constexpr std::size_t kValuesMin = std::size_t{1} << 16U;

std::size_t ValuesOf(const RowSpan& rows) {
  if (!rows.is_sparse()) return rows.rows() * rows.columns();
  std::size_t values = 0;
  for (std::size_t row = 0; row < rows.rows(); ++row) values += rows.sparse()[row].size;
  return values;
}

template <class Value>
void AddTo(std::span<Value> sum, std::span<const Value> part) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
}

// Cuts rows into parts and runs them beside each other.
class Spread {
 public:
  Spread(Background& background, std::size_t parts) : background_(background), parts_(parts) {}

  // How many parts these rows are cut into; each part has `overhead` values to clear and to add afterwards.
  std::size_t PartsFor(const RowSpan& rows, std::size_t overhead) const {
    const std::size_t values = ValuesOf(rows);
    return values < kValuesMin || values < 4 * overhead ? 1 : std::min(parts_, rows.rows());
  }

  // Calls work(part's number, its first row, its rows), each part once. The first part is this thread's.
  template <class Work>
  void Run(const RowSpan& rows, std::size_t parts, const Work& work) const {
    const auto run = [&rows, &work, parts](std::size_t part) {
      const std::size_t begin = rows.rows() * part / parts;
      work(part, begin, rows.Part(begin, rows.rows() * (part + 1) / parts));
    };
    for (std::size_t part = 1; part < parts; ++part) background_.Start([&run, part] { run(part); });
    run(0);
    if (parts > 1) background_.Finish();
  }

  // The scores of the parts, in order; score(part's number, its first row, its rows).
  template <class ScorePart>
  Score Sum(const RowSpan& rows, std::size_t parts, const ScorePart& score) const {
    std::vector<Score> scores(parts);
    Run(rows, parts,
        [&](std::size_t part, std::size_t first, const RowSpan& own) { scores[part] = score(part, first, own); });
    Score sum;
    for (const Score& part : scores) sum.Add(part);
    return sum;
  }

 private:
  Background& background_;
  std::size_t parts_;
};

class ParallelClusters final : public Clusters {
 public:
  ParallelClusters(const Clusters& clusters, const Spread& spread) : clusters_(clusters), spread_(spread) {}

  std::size_t count() const override { return clusters_.count(); }
  std::size_t columns() const override { return clusters_.columns(); }

  Score AddMembers(std::span<const float> centres, const RowSpan& rows, std::span<float> offsets,
                   std::span<double> counts) const override {
    const std::size_t parts = spread_.PartsFor(rows, offsets.size() / count());
    std::vector<std::vector<float>> more_offsets(parts);
    std::vector<std::vector<double>> more_counts(parts);
    const Score sum = spread_.Sum(rows, parts, [&](std::size_t part, std::size_t, const RowSpan& own) {
      if (part == 0) return clusters_.AddMembers(centres, own, offsets, counts);
      more_offsets[part].resize(offsets.size());
      more_counts[part].resize(counts.size());
      return clusters_.AddMembers(centres, own, more_offsets[part], more_counts[part]);
    });
    for (std::size_t part = 1; part < parts; ++part) {
      AddTo<float>(offsets, more_offsets[part]);
      AddTo<double>(counts, more_counts[part]);
    }
    return sum;
  }

  void FindNearest(std::span<const float> centres, const RowSpan& rows, std::span<std::uint32_t> nearest,
                   std::span<float> distances) const override {
    spread_.Run(rows, spread_.PartsFor(rows, 0), [&](std::size_t, std::size_t first, const RowSpan& own) {
      clusters_.FindNearest(centres, own, nearest.subspan(first, own.rows()), distances.subspan(first, own.rows()));
    });
  }

 private:
  const Clusters& clusters_;
  const Spread& spread_;
};

class ParallelModel final : public Model {
 public:
  ParallelModel(const Model& model, Background& background, std::size_t parts)
      : model_(model), spread_(background, parts) {
    if (model.clusters() != nullptr) clusters_ = std::make_unique<ParallelClusters>(*model.clusters(), spread_);
  }

  Learns learns() const override { return model_.learns(); }
  std::size_t parameter_count() const override { return model_.parameter_count(); }
  std::vector<Tensor> tensors() const override { return model_.tensors(); }
  bool smooth() const override { return model_.smooth(); }
  Penalty penalty() const override { return model_.penalty(); }
  Result<void> Check(const RowSpan& rows) const override { return model_.Check(rows); }
  void Initialise(std::span<float> parameters, std::uint64_t seed) const override {
    model_.Initialise(parameters, seed);
  }
  std::size_t outputs() const override { return model_.outputs(); }
  const Clusters* clusters() const override { return clusters_.get(); }

  Score AddGradient(std::span<const float> parameters, const RowSpan& rows, std::span<float> gradient) const override {
    const std::size_t parts = spread_.PartsFor(rows, gradient.size());
    std::vector<std::vector<float>> more(parts);
    const Score sum = spread_.Sum(rows, parts, [&](std::size_t part, std::size_t, const RowSpan& own) {
      if (part == 0) return model_.AddGradient(parameters, own, gradient);
      more[part].resize(gradient.size());
      return model_.AddGradient(parameters, own, more[part]);
    });
    for (std::size_t part = 1; part < parts; ++part) AddTo<float>(gradient, more[part]);
    return sum;
  }

  Score Evaluate(std::span<const float> parameters, const RowSpan& rows) const override {
    return spread_.Sum(rows, spread_.PartsFor(rows, 0),
                       [&](std::size_t, std::size_t, const RowSpan& own) { return model_.Evaluate(parameters, own); });
  }

  void Predict(std::span<const float> parameters, const RowSpan& rows, std::span<float> predictions) const override {
    spread_.Run(rows, spread_.PartsFor(rows, 0), [&](std::size_t, std::size_t first, const RowSpan& own) {
      model_.Predict(parameters, own, predictions.subspan(first * outputs(), own.rows() * outputs()));
    });
  }

 private:
  const Model& model_;
  Spread spread_;
  std::unique_ptr<Clusters> clusters_;
};

}  // namespace

std::unique_ptr<Model> SpreadOverThreads(const Model& model, Background& background, std::size_t parts) {
  return std::make_unique<ParallelModel>(model, background, std::max<std::size_t>(parts, 1));
}

}  // namespace lambdaml
