// SPDX-License-Identifier: Apache-2.0
// An iteration of Lloyd's method by one thread, beside scikit-learn on the same rows and the rate of a matrix product
// by OpenBLAS, which scikit-learn uses. The rows are noise, so that nothing converges.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "base/run_command.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "bench/bench.h"
#include "data/npy_file.h"
#include "model/clusters.h"
#include "model/registry.h"

namespace lambdaml::bench {

namespace {

struct Case {
  std::size_t rows;
  std::size_t columns;
  std::size_t k;
  double goal;  // times scikit-learn's rate
};

constexpr Case kSmall{.rows = 1'000'000, .columns = 28, .k = 10, .goal = 1.5};
constexpr Case kLarge{.rows = 32'768, .columns = 128, .k = 1000, .goal = 1};

// What scikit-learn and the BLAS below it do.
struct Reference {
  double seconds = 0;       // of an iteration
  double product_rate = 0;  // GFLOP/s
};

Result<Reference> MeasureReference(const std::vector<float>& values, const Case& of) {
  const TemporaryFolder folder = TRY(TemporaryFolder::Make());
  const std::string file = folder.path() / "rows.npy";
  TRY(WriteFileAtomically(file, NpyOf(values, of.columns), Durability::kProcess));
  const std::string printed =
      TRY(RunCommand({"/usr/bin/python3", LAMBDAML_SOURCE "/bench/kmeans_lloyd.py", file, StrCat(of.k)}));
  Reference reference;
  if (std::sscanf(printed.c_str(), "%lf %lf", &reference.seconds, &reference.product_rate) == 2) return reference;
  return Error{Code::kInternal, StrCat("bench/kmeans_lloyd.py printed '", printed, "'")};
}

double IterationSeconds(const std::vector<float>& values, const Case& of, const Model& model) {
  constexpr int kPasses = 7;
  Batch batch;
  batch.columns = of.columns;
  batch.labels.resize(of.rows);
  for (std::size_t row = 0; row < of.rows; ++row) batch.dense.push_back(values.data() + row * of.columns);
  const std::vector<float> centres(values.begin(),
                                   values.begin() + static_cast<std::ptrdiff_t>(model.parameter_count()));
  double best = std::numeric_limits<double>::infinity();
  for (int pass = 0; pass < kPasses; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<float> offsets(centres.size());
    std::vector<double> counts(of.k);
    model.clusters()->AddMembers(centres, batch, offsets, counts);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

Result<void> AddCase(const Case& of, Rows& rows) {
  Random random(1, of.k);
  std::vector<float> values(of.rows * of.columns);
  for (float& value : values) value = static_cast<float>(random.Normal());
  const auto model = TRY(MakeModel({"kmeans", {{"k", StrCat(of.k)}}}, {.columns = of.columns}));
  const double before = IterationSeconds(values, of, *model);
  const Reference reference = TRY(MeasureReference(values, of));
  const double seconds = std::min(before, IterationSeconds(values, of, *model));
  const auto count = static_cast<double>(of.rows);
  const double rate = count / seconds / 1e6;
  const double limit = count / reference.seconds / 1e6;
  rows.push_back({.name = StrCat("learn.kmeans_k", of.k, "_d", of.columns, "_rows, limit scikit-learn"),
                  .value = rate,
                  .unit = "M rows/s",
                  .limit = limit,
                  .goal = StrCat(">= ", of.goal, " x limit"),
                  .holds = rate >= of.goal * limit});
  if (of.k < 100) return {};  // bound by memory
  const double operations = 2.0 * count * static_cast<double>(of.columns * of.k) / seconds / 1e9;
  rows.push_back({.name = StrCat("learn.kmeans_k", of.k, "_d", of.columns, "_flops, limit sgemm"),
                  .value = operations,
                  .unit = "GFLOP/s",
                  .limit = reference.product_rate,
                  .goal = ">= 0.5 x limit",
                  .holds = operations >= 0.5 * reference.product_rate});
  return {};
}

}  // namespace

Result<Rows> KmeansBench() {
  Rows rows;
  TRY(AddCase(kSmall, rows));
  TRY(AddCase(kLarge, rows));
  return rows;
}

}  // namespace lambdaml::bench
