// SPDX-License-Identifier: Apache-2.0
#include "data/generate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "data/holdout.h"
#include "data/split.h"
#include "data/testing.h"

namespace lambdaml {
namespace {

using testing::MemoryFiles;
using testing::OpenAll;
using testing::RowText;
using testing::RowTexts;

using Texts = std::vector<std::string>;

// Every generator, with few columns where that can be set.
constexpr std::pair<const char*, int> kSmall[] = {{"higgs", 0}, {"rcv1", 2000}, {"criteo", 0},
                                                  {"yfcc", 10}, {"ratings", 0}, {"blobs", 0}};

Manifest Generate(const Choice& choice, MemoryFiles& files, std::size_t threads = 2) {
  auto manifest = GenerateDataset(choice, threads, files.Sink(), {});
  EXPECT_TRUE(manifest.ok()) << manifest.error().message;
  return manifest.ok() ? std::move(manifest).value() : Manifest{};
}

// One column of the rows of a class, in order.
std::vector<float> SortedColumn(const Batch& rows, std::size_t column, float label) {
  std::vector<float> values;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (rows.labels[row] == label) values.push_back(rows.dense[row][column]);
  }
  std::sort(values.begin(), values.end());
  return values;
}

double Quantile(const std::vector<float>& sorted, double share) {
  return static_cast<double>(sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))]);
}

double Correlation(const Batch& rows, std::size_t a, std::size_t b, float label) {
  double n = 0, sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (rows.labels[row] != label) continue;
    const auto x = static_cast<double>(rows.dense[row][a]);
    const auto y = static_cast<double>(rows.dense[row][b]);
    n += 1;
    sum_a += x;
    sum_b += y;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  return (ab - sum_a * sum_b / n) / std::sqrt((aa - sum_a * sum_a / n) * (bb - sum_b * sum_b / n));
}

TEST(Generate, HiggsHasTheStatisticsOfItsTables) {
  MemoryFiles files;
  const Manifest manifest = Generate({.kind = "higgs", .settings = {{"rows", "60000"}}}, files);
  EXPECT_EQ(manifest.columns, 28U);
  const Partition all = OpenAll(manifest, "train", files);
  const auto signal = std::count(all.rows.labels.begin(), all.rows.labels.end(), 1.0F);
  EXPECT_NEAR(static_cast<double>(signal) / 60000, 0.5299, 0.01);
  const auto lepton = SortedColumn(all.rows, 0, 0);  // lep_pt of background
  EXPECT_NEAR(Quantile(lepton, 0.05), 0.362, 0.01);
  EXPECT_NEAR(Quantile(lepton, 0.5), 0.863, 0.02);
  EXPECT_NEAR(Quantile(lepton, 0.95), 2.237, 0.06);
  EXPECT_GE(lepton.front(), 0.276F);
  EXPECT_LE(lepton.back(), 6.695F);
  const auto mass = SortedColumn(all.rows, 25, 1);  // m_bb of signal
  EXPECT_NEAR(Quantile(mass, 0.25), 0.705, 0.02);
  EXPECT_NEAR(Quantile(mass, 0.5), 0.855, 0.02);
  const auto tag = SortedColumn(all.rows, 8, 1);  // j1_b of signal: three values
  EXPECT_NEAR(static_cast<double>(std::count(tag.begin(), tag.end(), 0.0F)) / static_cast<double>(tag.size()), 0.49,
              0.01);
  EXPECT_EQ(tag.back(), 2.173F);
  EXPECT_NEAR(Correlation(all.rows, 7, 4, 0), -0.11, 0.03);  // j1_phi and met_phi
  EXPECT_NEAR(Correlation(all.rows, 6, 1, 1), 0.30, 0.03);   // j1_eta and lep_eta
  EXPECT_GT(Correlation(all.rows, 27, 26, 1), 0.7);          // m_wwbb and m_wbb: 0.89 of their normal scores
  EXPECT_NEAR(Correlation(all.rows, 7, 1, 0), 0, 0.03);      // j1_phi and lep_eta
}

TEST(Generate, RowsDoNotDependOnThreadsOrHowManyThereAre) {
  for (const auto& [kind, columns] : kSmall) {
    MemoryFiles one;
    MemoryFiles four;
    MemoryFiles more;
    Choice choice{.kind = kind, .settings = {{"rows", "4500"}, {"test_rows", "500"}, {"seed", "5"}}};
    if (columns > 0) choice.settings["columns"] = StrCat(columns);
    const Manifest manifest = Generate(choice, one, 1);
    Generate(choice, four, 4);
    EXPECT_TRUE(one.files == four.files) << kind;
    Choice longer = choice;
    longer.settings["rows"] = "5000";
    longer.settings.erase("test_rows");
    const Manifest long_manifest = Generate(longer, more);
    const Texts expected = RowTexts(OpenAll(long_manifest, "train", more).rows);
    Texts got = RowTexts(OpenAll(manifest, "train", one).rows);
    for (std::string& text : RowTexts(OpenAll(manifest, "test", one).rows)) got.push_back(std::move(text));
    EXPECT_EQ(got, expected) << kind;
  }
}

TEST(Generate, TheSeedMatters) {
  MemoryFiles one;
  MemoryFiles two;
  Generate({.kind = "blobs", .settings = {{"rows", "10"}, {"seed", "1"}}}, one);
  Generate({.kind = "blobs", .settings = {{"rows", "10"}, {"seed", "2"}}}, two);
  EXPECT_FALSE(one.files["train-00000.safetensors"] == two.files["train-00000.safetensors"]);
}

TEST(Generate, BlobsLieAroundTheirCentres) {
  MemoryFiles files;
  const Manifest manifest = Generate(
      {.kind = "blobs", .settings = {{"rows", "5000"}, {"columns", "2"}, {"classes", "2"}, {"spread", "0.1"}}}, files);
  EXPECT_EQ(manifest.classes, (Texts{"0", "1"}));
  const Partition all = OpenAll(manifest, "train", files);
  for (const float label : {0.0F, 1.0F}) {
    const auto column = SortedColumn(all.rows, 0, label);
    EXPECT_GT(column.size(), 2200U);
    EXPECT_NEAR(Quantile(column, 0.84) - Quantile(column, 0.5), 0.1, 0.02);
  }
}

TEST(Generate, WrongSettingsAreRefused) {
  MemoryFiles files;
  const auto complaint = [&files](const Choice& choice) {
    const auto manifest = GenerateDataset(choice, 1, files.Sink(), {});
    return manifest.ok() ? "none" : manifest.error().message;
  };
  EXPECT_EQ(complaint({.kind = "higs", .settings = {}}),
            "there is no generator 'higs'; known are higgs, rcv1, criteo, yfcc, ratings, blobs");
  EXPECT_EQ(complaint({.kind = "blobs", .settings = {{"clases", "3"}}}),
            "generator blobs has no setting 'clases'; did you mean 'classes'?");
  EXPECT_EQ(complaint({.kind = "blobs", .settings = {{"row", "3"}}}),
            "generator blobs has no setting 'row'; did you mean 'rows'?");
  EXPECT_EQ(complaint({.kind = "blobs", .settings = {{"rows", "0"}}}),
            "generator blobs: rows: '0' is not an integer from 1 to 1e+12");
  EXPECT_EQ(complaint({.kind = "blobs", .settings = {{"spread", "wide"}}}),
            "generator blobs: spread: 'wide' is not a number from 0 to 1e+06");
  EXPECT_TRUE(files.files.empty());
}

TEST(Generate, TheListSaysWhatCanBeSet) {
  const auto list = GeneratorList();
  ASSERT_EQ(list.size(), std::size(kSmall));
  EXPECT_EQ(list[0].name, "higgs");
  EXPECT_EQ(list[0].settings[0].name, "rows");
  EXPECT_EQ(list[0].settings.back().name, "seed");
}

TEST(Split, EachRowGoesToOneSideInOrder) {
  for (const char* kind : {"blobs", "ratings"}) {
    MemoryFiles whole;
    MemoryFiles parts;
    const Manifest manifest = Generate({.kind = kind, .settings = {{"rows", "2000"}}}, whole);
    const auto split = SplitDataset(manifest, whole.Reader(), {.test_fraction = 0.25, .seed = 3}, parts.Sink());
    ASSERT_TRUE(split.ok()) << split.error().message;
    EXPECT_EQ(parts.order.back(), kManifestName);
    EXPECT_EQ(split.value().classes, manifest.classes);
    Texts train;
    Texts test;
    const Partition rows = OpenAll(manifest, "train", whole);
    for (std::size_t row = 0; row < rows.rows.rows(); ++row) {
      (HeldOut(3, row, 0.25) ? test : train).push_back(RowText(rows.rows, row));
    }
    EXPECT_NEAR(static_cast<double>(test.size()), 500, 80);
    EXPECT_EQ(RowTexts(OpenAll(split.value(), "train", parts).rows), train);
    EXPECT_EQ(RowTexts(OpenAll(split.value(), "test", parts).rows), test);
  }
}

TEST(Split, WhatCannotBeDividedIsRefused) {
  MemoryFiles files;
  MemoryFiles out;
  const Manifest manifest = Generate({.kind = "blobs", .settings = {{"rows", "5"}, {"test_rows", "5"}}}, files);
  EXPECT_EQ(SplitDataset(manifest, files.Reader(), {}, out.Sink()).error().message,
            "the dataset has a test split already; import the train rows alone to divide them");
  const Manifest small = Generate({.kind = "blobs", .settings = {{"rows", "5"}}}, files);
  EXPECT_EQ(SplitDataset(small, files.Reader(), {.test_fraction = 1}, out.Sink()).error().message,
            "the test fraction is 1, not a number between 0 and 1");
  EXPECT_EQ(SplitDataset(small, files.Reader(), {.test_fraction = 1e-9}, out.Sink()).error().message,
            "a test fraction of 1e-09 puts 0 of 5 rows into the test split; choose another fraction or seed");
  EXPECT_TRUE(out.files.empty());
}

TEST(HeldOut, TheShareIsTheFraction) {
  for (const double fraction : {0.0, 0.1, 0.5, 1.0}) {
    double held = 0;
    for (std::uint64_t row = 0; row < 100000; ++row) held += HeldOut(7, row, fraction) ? 1 : 0;
    EXPECT_NEAR(held / 100000, fraction, 0.005);
  }
}

}  // namespace
}  // namespace lambdaml
