// SPDX-License-Identifier: Apache-2.0

// Lloyd's method from the rows that scikit-learn began with (kmeans.json, made by kmeans.py), on several ranks.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>

#include "data/import.h"
#include "data/testing.h"
#include "model/registry.h"
#include "train/registry.h"
#include "train/test_peers.h"

namespace lambdaml {
namespace {

const std::string kFolder = LAMBDAML_SOURCE "/tests/reference/";

struct Clustering {
  std::string data;
  std::vector<std::size_t> rows;  // where the centres start
  double inertia = 0;

  friend std::ostream& operator<<(std::ostream& out, const Clustering& clustering) {
    return out << clustering.rows.size() << " clusters of " << clustering.data;
  }
};

std::vector<Clustering> Clusterings() {
  std::ifstream file(kFolder + "kmeans.json");
  std::vector<Clustering> clusterings;
  for (const auto& entry : nlohmann::json::parse(file)) {
    clusterings.push_back({.data = entry["data"], .rows = entry["rows"], .inertia = entry["inertia"]});
  }
  return clusterings;
}

class KmeansReference : public ::testing::TestWithParam<Clustering> {
 protected:
  // The inertia that so many ranks reach together.
  static double Reach(const std::string& form, int ranks) {
    ImportOptions options;
    options.source = kFolder + "data/" + GetParam().data + ".libsvm";
    options.form = form;
    options.task = GetParam().data == "diabetes" ? "regression" : "classification";
    testing::MemoryFiles files;
    const Manifest manifest = ImportDataset(options, files.Sink(), {}).value();
    const Partition all = testing::OpenAll(manifest, "train", files);
    const auto model =
        MakeModel({"kmeans", {{"k", std::to_string(GetParam().rows.size())}}}, {.columns = manifest.columns}).value();
    std::vector<std::vector<float>> centres(static_cast<std::size_t>(ranks), StartAt(all.rows));
    RunRanks(ranks, [&](Communicator& peers) {
      const std::uint64_t total = all.rows.rows();
      const RowRange range = PartOf(total, peers.rank(), peers.size());
      const Partition own = OpenPartition(manifest, "train", range, files.Reader(), Verify::kHeader).value();
      const Task task{.model = *model, .rows = own.rows, .first_row = range.begin, .total_rows = total};
      const auto em = MakeAlgorithm({"em", {{"init", "given"}, {"tolerance", "0"}}}, task).value();
      auto& parameters = centres[static_cast<std::size_t>(peers.rank())];
      bool converged = false;
      for (double epoch = 0; epoch < em->epochs() && !converged; ++epoch) {
        converged = em->Step(peers, parameters, [] { return 0; }).value().converged;
      }
      EXPECT_TRUE(converged);
    });
    for (const auto& parameters : centres) EXPECT_EQ(parameters, centres[0]);
    return model->Evaluate(centres[0], all.rows).loss;
  }

 private:
  static std::vector<float> StartAt(const Batch& rows) {
    std::vector<float> centres(GetParam().rows.size() * rows.columns);
    float* centre = centres.data();
    for (const std::size_t row : GetParam().rows) {
      if (rows.is_sparse()) {
        const SparseRow& from = rows.sparse[row];
        for (std::uint32_t i = 0; i < from.size; ++i) centre[from.index[i]] = from.value[i];
      } else {
        std::copy_n(rows.dense[row], rows.columns, centre);
      }
      centre += rows.columns;
    }
    return centres;
  }
};

TEST_P(KmeansReference, ReachesTheInertiaOfScikitLearn) {
  const double inertia = GetParam().inertia;
  for (const int ranks : {1, 2, 4, 7}) EXPECT_NEAR(Reach("dense", ranks), inertia, 1e-4 * inertia) << ranks << " ranks";
  EXPECT_NEAR(Reach("sparse", 2), inertia, 1e-4 * inertia);
}

INSTANTIATE_TEST_SUITE_P(All, KmeansReference, ::testing::ValuesIn(Clusterings()),
                         [](const auto& test) { return test.param.data + std::to_string(test.param.rows.size()); });

}  // namespace
}  // namespace lambdaml
