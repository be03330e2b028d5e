// SPDX-License-Identifier: Apache-2.0
#include "worker/memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "worker/catalog.h"

namespace lambdaml {
namespace {

constexpr double kMb = kFunctionMegabyte;

// `shards` shards of so many rows, as the importer makes them.
Manifest DatasetOf(std::uint64_t shards, std::uint64_t rows_of_shard, std::uint64_t columns) {
  Manifest manifest;
  manifest.columns = columns;
  manifest.classes = {"no", "yes"};
  Split train{.name = "train", .rows = shards * rows_of_shard, .shards = {}};
  for (std::uint64_t i = 0; i < shards; ++i) {
    train.shards.push_back({.name = StrCat("train-", i),
                            .rows = rows_of_shard,
                            .values = rows_of_shard * columns,
                            .bytes = rows_of_shard * (columns + 1) * sizeof(float)});
  }
  manifest.splits.push_back(std::move(train));
  return manifest;
}

JobSpec JobWith(const Choice& algorithm) {
  JobSpec spec;
  spec.name = "test";
  spec.data = "file:///data";
  spec.channel = "file:///channel";
  spec.algorithm = algorithm;
  return spec;
}

double BytesOf(const JobSpec& spec, const Manifest& manifest) {
  const Result<MemoryForecast> forecast = ForecastMemory(spec, manifest);
  EXPECT_TRUE(forecast.ok()) << forecast.error().message;
  return forecast.ok() ? forecast.value().bytes() : 0;
}

double UseOf(const JobSpec& spec, const Manifest& manifest, std::string_view purpose) {
  const MemoryForecast forecast = ForecastMemory(spec, manifest).value();
  const auto at = std::ranges::find(forecast.uses, purpose, &MemoryUse::purpose);
  EXPECT_NE(at, forecast.uses.end()) << purpose;
  return at == forecast.uses.end() ? 0 : at->bytes;
}

TEST(Memory, ProcessorsFollowTheMemory) {
  EXPECT_EQ(ProcessorsOf(128), 1U);
  EXPECT_EQ(ProcessorsOf(1769), 1U);
  EXPECT_EQ(ProcessorsOf(1770), 2U);
  EXPECT_EQ(ProcessorsOf(10240), 6U);
}

// A rank takes every shard whole of which it needs a row, unless it is mapped.
TEST(Memory, ShardsAreTakenWhole) {
  const Manifest manifest = DatasetOf(4, 1000, 1000);
  const double shard = 1000 * 1001 * 4;
  JobSpec spec = JobWith({"ga_sgd", {}});
  spec.workers = 4;
  EXPECT_EQ(UseOf(spec, manifest, "shards"), 0);
  spec.data = "s3://bucket/data";
  EXPECT_EQ(UseOf(spec, manifest, "shards"), shard);
  spec.workers = 3;  // 1,334 rows
  EXPECT_EQ(UseOf(spec, manifest, "shards"), 2 * shard);
  spec.workers = 1;
  EXPECT_EQ(UseOf(spec, manifest, "shards"), 4 * shard);
  spec.data = "memcached://host/data";  // and once more, in pieces
  EXPECT_EQ(UseOf(spec, manifest, "shards"), 5 * shard);
}

TEST(Memory, StandardisedRowsAreCopies) {
  const Manifest manifest = DatasetOf(1, 1000, 1000);
  JobSpec spec = JobWith({"ga_sgd", {}});
  spec.workers = 2;
  EXPECT_EQ(UseOf(spec, manifest, "standardised rows"), 0);
  spec.standardise = true;
  EXPECT_EQ(UseOf(spec, manifest, "standardised rows"), 500 * 1000 * 4 + 1000 * 48);
}

// Vectors as long as the parameters, of which there are 1,000,001.
TEST(Memory, EachAlgorithmKeepsItsVectors) {
  Manifest manifest = DatasetOf(1, 1000, 1'000'000);
  manifest.sparse = true;
  manifest.splits[0].shards[0].values = 10'000;
  const double vector = 4 * 1'000'001.0;
  const auto vectors = [&](const Choice& algorithm) {
    return std::round(UseOf(JobWith(algorithm), manifest, algorithm.kind) / vector);
  };
  EXPECT_EQ(vectors({"ga_sgd", {}}), 2);
  EXPECT_EQ(vectors({"ga_sgd", {{"optimizer", "adam"}}}), 3);
  EXPECT_EQ(vectors({"ma_sgd", {}}), 3);
  EXPECT_EQ(vectors({"lbfgs", {}}), 27);
  EXPECT_EQ(vectors({"lbfgs", {{"memory", "3"}}}), 13);
  EXPECT_EQ(vectors({"lbfgs", {{"epochs", "4"}}}), 15);
  EXPECT_EQ(vectors({"admm", {}}), 32);
  EXPECT_EQ(vectors({"admm", {{"solver", "sgd"}}}), 7);
}

// What a forecast knows of an algorithm is written down in memory.cpp by its name.
TEST(Memory, KnowsEveryAlgorithm) {
  std::vector<std::string> names;
  for (const CatalogEntry& entry : AlgorithmCatalog()) names.push_back(entry.name);
  EXPECT_EQ(names, (std::vector<std::string>{"ga_sgd", "ma_sgd", "lbfgs", "admm", "em"}));
}

TEST(Memory, ClustersNeedMoreForEachProcessor) {
  const Manifest manifest = DatasetOf(1, 100'000, 100);
  JobSpec spec = JobWith({"em", {{"init", "given"}}});
  spec.model = {"kmeans", {{"k", "1000"}}};
  const double one = UseOf(spec, manifest, "em");
  EXPECT_GT(one, 4 * 4 * 100'000);
  spec.function.memory_mb = 2 * 1769;
  EXPECT_GT(UseOf(spec, manifest, "em"), one + 3 * 4 * 100'000);
}

TEST(Memory, StaleSumsGrowWithTheWorkers) {
  const Manifest manifest = DatasetOf(1, 1000, 100'000);
  JobSpec spec = JobWith({"ga_sgd", {}});
  spec.sync = "asp";
  spec.workers = 2;
  const double two = UseOf(spec, manifest, "exchange");
  spec.channel = "redis://host/x";
  EXPECT_GT(UseOf(spec, manifest, "exchange"), two - 1);
  spec.workers = 10;
  EXPECT_GT(UseOf(spec, manifest, "exchange"), two + 8 * 8 * 100'000);
}

// The remedies are the smallest that make it fit.
TEST(Memory, RemediesFitAndNothingSmallerDoes) {
  const Manifest manifest = DatasetOf(40, 8000, 1000);
  JobSpec spec = JobWith({"ga_sgd", {}});
  spec.data = "s3://bucket/data";
  spec.workers = 2;
  spec.function.memory_mb = 256;
  const MemoryRemedy small = RemedyFor(spec, manifest).value();
  ASSERT_TRUE(small.memory_mb && small.workers);
  JobSpec larger = spec;
  larger.function.memory_mb = *small.memory_mb;
  EXPECT_LE(BytesOf(larger, manifest), static_cast<double>(*small.memory_mb) * kMb);
  EXPECT_GT(BytesOf(larger, manifest), static_cast<double>(*small.memory_mb - 1) * kMb);
  JobSpec more = spec;
  more.workers = *small.workers;
  EXPECT_LE(BytesOf(more, manifest), 256 * kMb);
  --more.workers;
  EXPECT_GT(BytesOf(more, manifest), 256 * kMb);
}

TEST(Memory, SomeJobsFitNowhere) {
  Manifest manifest = DatasetOf(1, 1000, 1'000'000'000);
  manifest.sparse = true;
  manifest.splits[0].shards[0].values = 10'000;
  const MemoryRemedy remedy = RemedyFor(JobWith({"ga_sgd", {}}), manifest).value();
  EXPECT_FALSE(remedy.memory_mb);
  EXPECT_FALSE(remedy.workers);
}

TEST(Memory, AForecastIsNotRefusedForWhatItMayBeTooHigh) {
  const MemoryForecast small{.uses = {{"all", 20 * kMb}}};
  EXPECT_EQ(small.bytes_at_least(), 0);
  const MemoryForecast large{.uses = {{"all", 1000 * kMb}}};
  EXPECT_EQ(large.bytes_at_least(), 800 * kMb);
}

TEST(Memory, AModelThatDoesNotFitTheData) {
  JobSpec spec = JobWith({"ga_sgd", {}});
  spec.model = {"linear", {}};
  EXPECT_EQ(ForecastMemory(spec, DatasetOf(1, 10, 2)).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace lambdaml
