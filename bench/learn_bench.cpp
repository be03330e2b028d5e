// SPDX-License-Identifier: Apache-2.0
// The gradient of linear models over data that is far larger than the caches, by one thread, beside the rate at which
// one thread can read at all; and by two threads beside one.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "bench/bench.h"
#include "model/parallel.h"
#include "model/registry.h"

namespace lambdaml::bench {

namespace {

constexpr std::size_t kDenseValues = std::size_t{64} << 20U;  // 256 MB
constexpr int kPasses = 5;

double BestSeconds(const std::function<void()>& work) {
  double best = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = pass == 0 ? seconds : std::min(best, seconds);
  }
  return best;
}

std::vector<float> Uniforms(std::size_t size) {
  Random random(1, 0);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(random.Uniform()) - 0.5F;
  return values;
}

std::vector<float> Labels(std::size_t rows, std::size_t classes) {
  Random random(1, 1);
  std::vector<float> labels(rows);
  for (float& label : labels) label = static_cast<float>(random.Below(classes));
  return labels;
}

Batch DenseRows(const std::vector<float>& values, const Shape& shape) {
  Batch batch;
  batch.columns = shape.columns;
  batch.labels = Labels(values.size() / shape.columns, shape.classes);
  for (std::size_t row = 0; row < batch.rows(); ++row) batch.dense.push_back(values.data() + row * shape.columns);
  return batch;
}

// The best time of one gradient over all rows.
double GradientSeconds(const Model& model, const Batch& batch) {
  const std::vector<float> parameters(model.parameter_count(), 0.01F);
  std::vector<float> gradient(parameters.size());
  return BestSeconds([&] { model.AddGradient(parameters, batch, gradient); });
}

double MillionRows(const Batch& batch, double seconds) { return static_cast<double>(batch.rows()) / seconds / 1e6; }

// By two threads beside one. They take turns, so that what else the machine does meets both.
Row TwoThreads(const Model& model, const Batch& batch) {
  const std::unique_ptr<Background> background = MakeBackground(1);
  const std::unique_ptr<Model> spread = SpreadOverThreads(model, *background, 2);
  double seconds_one = GradientSeconds(model, batch);
  double seconds_two = GradientSeconds(*spread, batch);
  for (int turn = 1; turn < kPasses; ++turn) {
    seconds_one = std::min(seconds_one, GradientSeconds(model, batch));
    seconds_two = std::min(seconds_two, GradientSeconds(*spread, batch));
  }
  const double rows = MillionRows(batch, seconds_two);
  const double limit = MillionRows(batch, seconds_one);
  return {.name = StrCat("learn.logistic_dense_", batch.columns, ", two threads, limit one thread"),
          .value = rows,
          .unit = "M rows/s",
          .limit = limit,
          .goal = ">= 1.7 x limit",
          .holds = rows >= 1.7 * limit};
}

Result<void> AddDense(const std::vector<float>& values, Rows& rows) {
  for (const std::size_t columns : {28U, 784U, 4096U}) {
    const Shape shape{.columns = columns, .classes = 2};
    const Batch batch = DenseRows(values, shape);
    const std::unique_ptr<Model> model = TRY(MakeModel({"logistic", {}}, shape));
    const double before = ReadBandwidth();
    const double seconds = GradientSeconds(*model, batch);
    const double bandwidth = std::max(before, ReadBandwidth());
    const double rate = static_cast<double>(batch.rows() * columns * sizeof(float)) / seconds / 1e9;
    rows.push_back({.name = StrCat("learn.logistic_dense_", columns),
                    .value = rate,
                    .unit = "GB/s",
                    .limit = bandwidth,
                    .goal = ">= 0.8 x limit",
                    .holds = rate >= 0.8 * bandwidth});
    rows.push_back({.name = StrCat("learn.logistic_dense_", columns, ", rows"),
                    .value = MillionRows(batch, seconds),
                    .unit = "M rows/s",
                    .goal = ""});
    if (columns < 4096) rows.push_back(TwoThreads(*model, batch));
  }
  return {};
}

Result<void> AddSoftmax(const std::vector<float>& values, Rows& rows) {
  const Shape shape{.columns = 784, .classes = 10};
  const Batch batch = DenseRows(values, shape);
  const std::unique_ptr<Model> model = TRY(MakeModel({"logistic", {}}, shape));
  const double seconds = GradientSeconds(*model, batch);
  const auto count = static_cast<double>(batch.rows());
  const double operations = 4.0 * static_cast<double>(shape.columns * shape.classes) * count;
  rows.push_back({.name = "learn.softmax_784x10_rows", .value = count / seconds / 1e6, .unit = "M rows/s", .goal = ""});
  rows.push_back(
      {.name = "learn.softmax_784x10_flops", .value = operations / seconds / 1e9, .unit = "GFLOP/s", .goal = ""});
  return {};
}

// Rows with the shape of RCV1: 73 non-zeros among 47,236 columns.
struct SparseRows {
  static constexpr std::size_t kColumns = 47'236;
  static constexpr std::size_t kNonzeros = 73;
  static constexpr std::size_t kRows = 200'000;

  SparseRows() : index(kRows * kNonzeros), value(Uniforms(kRows * kNonzeros)) {
    Random random(1, 2);
    batch.columns = kColumns;
    batch.labels = Labels(kRows, 2);
    for (std::size_t row = 0; row < kRows; ++row) {
      std::uint32_t* const first = index.data() + row * kNonzeros;
      for (std::size_t i = 0; i < kNonzeros; ++i) first[i] = static_cast<std::uint32_t>(random.Below(kColumns));
      std::sort(first, first + kNonzeros);
      batch.sparse.push_back({first, value.data() + row * kNonzeros, kNonzeros});
    }
  }

  std::vector<std::uint32_t> index;
  std::vector<float> value;
  Batch batch;
};

// A loop that only touches the same non-zeros and weights.
double TouchSeconds(const SparseRows& rows) {
  const std::vector<float> weight(SparseRows::kColumns, 0.01F);
  volatile float sink = 0;
  return BestSeconds([&] {
    float sums[4] = {};
    for (std::size_t i = 0; i + 4 <= rows.index.size(); i += 4) {
      for (std::size_t j = 0; j < 4; ++j) sums[j] += rows.value[i + j] * weight[rows.index[i + j]];
    }
    sink = sums[0] + sums[1] + sums[2] + sums[3];
  });
}

Result<void> AddSparse(Rows& rows) {
  const SparseRows sparse;
  const double bytes = static_cast<double>(sparse.index.size()) * (sizeof(float) + sizeof(std::uint32_t));
  const std::unique_ptr<Model> model =
      TRY(MakeModel({"logistic", {}}, {.columns = SparseRows::kColumns, .classes = 2}));
  const double before = TouchSeconds(sparse);
  const double seconds = GradientSeconds(*model, sparse.batch);
  const double limit = bytes / std::min(before, TouchSeconds(sparse)) / 1e9;
  const double rate = bytes / seconds / 1e9;
  rows.push_back({.name = "learn.logistic_sparse_73x47236",
                  .value = rate,
                  .unit = "GB/s",
                  .limit = limit,
                  .goal = ">= 0.5 x limit",
                  .holds = rate >= 0.5 * limit});
  rows.push_back({.name = "learn.logistic_sparse_73x47236, rows",
                  .value = MillionRows(sparse.batch, seconds),
                  .unit = "M rows/s",
                  .goal = ""});
  return {};
}

}  // namespace

Result<Rows> LearnBench() {
  Rows rows;
  // How far two threads can get at all: the machine's memory is shared with others.
  rows.push_back({.name = "learn.read, two threads, limit one thread",
                  .value = ReadBandwidth(2),
                  .unit = "GB/s",
                  .limit = ReadBandwidth(),
                  .goal = ""});
  const std::vector<float> values = Uniforms(kDenseValues);
  TRY(AddDense(values, rows));
  TRY(AddSoftmax(values, rows));
  TRY(AddSparse(rows));
  for (Row& row : TRY(KmeansBench())) rows.push_back(std::move(row));
  return rows;
}

}  // namespace lambdaml::bench
