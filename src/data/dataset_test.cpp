// SPDX-License-Identifier: Apache-2.0
#include "data/dataset.h"

#include <gtest/gtest.h>

#include "data/dataset_writer.h"
#include "data/testing.h"

namespace lambdaml {
namespace {

using testing::MemoryFiles;
using testing::OpenAll;
using testing::RowText;

// Wide rows, so that few of them fill a shard.
constexpr std::size_t kColumns = 1U << 20U;
constexpr std::size_t kRows = 15;

Manifest WriteDense(MemoryFiles& files) {
  DatasetWriter writer({.columns = kColumns, .classes = {"no", "yes"}, .splits = {}, .source = "test", .origin = {}},
                       files.Sink());
  EXPECT_TRUE(writer.Begin("train").ok());
  std::vector<float> values(kColumns);
  for (std::size_t row = 0; row < kRows; ++row) {
    values[0] = static_cast<float>(row);
    Batch batch{.columns = kColumns, .dense = {values.data()}, .sparse = {}, .labels = {static_cast<float>(row % 2)}};
    EXPECT_TRUE(writer.Add(batch).ok());
  }
  auto manifest = writer.Finish();
  EXPECT_TRUE(manifest.ok());
  return std::move(manifest).value();
}

Manifest WriteSparse(MemoryFiles& files) {
  DatasetWriter writer({.sparse = true, .columns = 100, .classes = {}, .splits = {}, .source = "", .origin = {}},
                       files.Sink());
  const std::uint32_t index[] = {3, 99};
  const float value[] = {0.5F, -1};
  EXPECT_TRUE(writer.Begin("train").ok());
  Batch batch{.columns = 100, .dense = {}, .sparse = {{index, value, 2}, {index, value, 0}}, .labels = {2.5F, -1}};
  EXPECT_TRUE(writer.Add(batch).ok());
  EXPECT_TRUE(writer.Begin("test").ok());
  EXPECT_TRUE(writer.Add({.columns = 100, .dense = {}, .sparse = {{index + 1, value, 1}}, .labels = {7}}).ok());
  return writer.Finish().value();
}

TEST(Dataset, TheManifestIsTheLastFile) {
  MemoryFiles files;
  WriteDense(files);
  EXPECT_EQ(files.order, (std::vector<std::string>{"train-00000.safetensors", "train-00001.safetensors",
                                                   "train-00002.safetensors", "manifest.json"}));
}

TEST(Dataset, TheManifestComesBackAsItWasWritten) {
  MemoryFiles files;
  const Manifest manifest = WriteDense(files);
  const Bytes& json = files.files[std::string(kManifestName)];
  const auto read = ParseManifest({reinterpret_cast<const char*>(json.data()), json.size()});
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(ToJson(read.value()), ToJson(manifest));
  EXPECT_EQ(read.value().classes, (std::vector<std::string>{"no", "yes"}));
  EXPECT_EQ(read.value().class_rows, (std::vector<std::uint64_t>{8, 7}));
  EXPECT_EQ(read.value().Find("train")->rows, kRows);
  EXPECT_EQ(read.value().Find("test"), nullptr);
}

TEST(Dataset, PartsCoverEachRowOnce) {
  for (const std::uint64_t rows : {0U, 1U, 6U, 7U, 19U, 60000U}) {
    for (int size = 1; size <= 7; ++size) {
      std::uint64_t next = 0;
      for (int rank = 0; rank < size; ++rank) {
        const RowRange part = PartOf(rows, rank, size);
        EXPECT_EQ(part.begin, next);
        EXPECT_LE(part.rows(), rows / static_cast<unsigned>(size) + 1);
        next = part.end;
      }
      EXPECT_EQ(next, rows);
    }
  }
}

TEST(Dataset, WorkersSeeEachRowOnceWhateverTheirNumber) {
  MemoryFiles files;
  const Manifest manifest = WriteDense(files);
  for (int size = 1; size <= 7; ++size) {
    std::vector<float> seen;
    for (int rank = 0; rank < size; ++rank) {
      const auto part = OpenPartition(manifest, "train", PartOf(kRows, rank, size), files.Reader(), Verify::kHeader);
      ASSERT_TRUE(part.ok()) << part.error().message;
      for (const float* row : part.value().rows.dense) seen.push_back(row[0]);
    }
    std::vector<float> expected(kRows);
    for (std::size_t row = 0; row < kRows; ++row) expected[row] = static_cast<float>(row);
    EXPECT_EQ(seen, expected) << size << " workers";
  }
}

TEST(Dataset, APartitionReadsOnlyItsShards) {
  MemoryFiles files;
  const Manifest manifest = WriteDense(files);
  int reads = 0;
  const ShardReader counting = [&reads, &files](std::string_view name) {
    ++reads;
    return files.Reader()(name);
  };
  ASSERT_TRUE(OpenPartition(manifest, "train", {0, 2}, counting, Verify::kHeader).ok());
  EXPECT_EQ(reads, 1);
}

TEST(Dataset, SparseRowsComeBack) {
  MemoryFiles files;
  const Manifest manifest = WriteSparse(files);
  const Partition train = OpenAll(manifest, "train", files);
  EXPECT_EQ(RowText(train.rows, 0), "2.5: 3=0.5 99=-1");
  EXPECT_EQ(RowText(train.rows, 1), "-1:");
  EXPECT_EQ(RowText(OpenAll(manifest, "test", files).rows, 0), "7: 99=0.5");
}

TEST(Dataset, ADamagedShardIsRefused) {
  MemoryFiles files;
  const Manifest manifest = WriteSparse(files);
  Bytes& shard = files.files["train-00000.safetensors"];
  const auto open = [&] {
    const auto opened = OpenPartition(manifest, "train", {0, 2}, files.Reader(), Verify::kHeader);
    return opened.ok() ? "fine" : opened.error().message;
  };
  const std::size_t indices = shard.size() - 2 * 4 - 2 * 4 - 2 * 4;
  shard[indices] = std::byte{100};
  EXPECT_EQ(open(), "train-00000.safetensors: row 0 has column 100; the dataset is damaged, import it again");
  const auto checked = OpenPartition(manifest, "train", {0, 2}, files.Reader(), Verify::kChecksum);
  EXPECT_EQ(
      checked.error().message,
      "train-00000.safetensors: its checksum differs from the manifest's; the dataset is damaged, import it again");
  shard.pop_back();
  EXPECT_TRUE(open().starts_with("train-00000.safetensors: it has ")) << open();
  files.files.erase("train-00000.safetensors");
  EXPECT_TRUE(open().starts_with("reading shard train-00000.safetensors: ")) << open();
}

TEST(Dataset, BitFlipsInAShardNeverCrash) {
  MemoryFiles files;
  const Manifest manifest = WriteSparse(files);
  const Bytes whole = files.files["train-00000.safetensors"];
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    Bytes& shard = files.files["train-00000.safetensors"];
    shard = whole;
    shard[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    const auto opened = OpenPartition(manifest, "train", {0, 2}, files.Reader(), Verify::kHeader);
    if (!opened.ok()) continue;
    for (const SparseRow& row : opened.value().rows.sparse) {
      for (std::uint32_t i = 0; i < row.size; ++i) EXPECT_LT(row.index[i], 100U);
    }
  }
}

TEST(Dataset, RowsOutsideTheSplitAreRefused) {
  MemoryFiles files;
  const Manifest manifest = WriteSparse(files);
  EXPECT_EQ(OpenPartition(manifest, "train", {0, 3}, files.Reader(), Verify::kHeader).error().message,
            "rows 0 to 3 are not within the 2 rows of split 'train'");
  EXPECT_EQ(OpenPartition(manifest, "valid", {0, 1}, files.Reader(), Verify::kHeader).error().message,
            "the dataset has no split 'valid'; it has train, test");
}

TEST(Dataset, AnEmptyDatasetIsNotWritten) {
  MemoryFiles files;
  DatasetWriter writer({.columns = 1, .classes = {}, .splits = {}, .source = "", .origin = {}}, files.Sink());
  ASSERT_TRUE(writer.Begin("train").ok());
  EXPECT_EQ(writer.Finish().error().code, Code::kInvalid);
  EXPECT_TRUE(files.files.empty());
}

TEST(Dataset, AFailingSinkEndsTheWriting) {
  DatasetWriter writer({.columns = 1, .classes = {}, .splits = {}, .source = "", .origin = {}},
                       [](std::string_view, ByteSpan) -> Result<void> {
                         return Error{Code::kUnavailable, "disk full"};
                       });
  const float value = 1;
  ASSERT_TRUE(writer.Begin("train").ok());
  ASSERT_TRUE(writer.Add({.columns = 1, .dense = {&value}, .sparse = {}, .labels = {0}}).ok());
  EXPECT_EQ(writer.Finish().error().message, "writing train-00000.safetensors: disk full");
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Dataset, AManifestThatClaimsTooManyRowsIsRefused) {
  MemoryFiles files;
  Manifest manifest = WriteSparse(files);
  constexpr std::uint64_t kRowsClaimed = std::uint64_t{1} << 60U;
  manifest.splits[0].rows = kRowsClaimed;
  manifest.splits[0].shards[0].rows = kRowsClaimed;
  const auto opened = OpenPartition(manifest, "train", {0, kRowsClaimed}, files.Reader(), Verify::kHeader);
  EXPECT_EQ(opened.error().message, StrCat("train-00000.safetensors: it is too small for ", kRowsClaimed,
                                           " rows; the dataset is damaged, import it again"));
}

TEST(Manifest, WrongFieldsAreRefused) {
  MemoryFiles files;
  const std::string good = ToJson(WriteSparse(files));
  const auto complaint = [&good](std::string_view from, std::string_view to) {
    const auto manifest = ParseManifest(Replaced(good, from, to));
    if (manifest.ok()) return std::string("none");
    EXPECT_EQ(manifest.error().code, Code::kInvalid);
    return Replaced(manifest.error().message, "the dataset's manifest: ", "");
  };
  EXPECT_EQ(
      complaint("\"version\": 1", "\"version\": 2"),
      "format version 2 is not known to this program (it knows 1); import the data again or use a newer lambdaml");
  EXPECT_EQ(complaint("lambdaml-dataset", "cats"), "it does not describe a lambdaml dataset");
  EXPECT_EQ(complaint("\"columns\": 100", "\"columns\": 0"), "columns is 0, not from 1 to 4294967295");
  EXPECT_EQ(complaint("\"columns\": 100", "\"columns\": -1"), "field 'columns' is not a whole number of at least 0");
  EXPECT_EQ(complaint("\"columns\": 100,", ""), "field 'columns' is missing");
  EXPECT_EQ(complaint("\"kind\": \"sparse\"", "\"kind\": \"round\""), "kind 'round' is neither dense nor sparse");
  EXPECT_EQ(complaint("\"kind\": \"sparse\"", "\"kind\": \"dense\""),
            "shard 'train-00000.safetensors' has 2 values, not rows x columns");
  EXPECT_EQ(complaint("\"rows\": 2", "\"rows\": 3"), "split 'train' has 3 rows but its shards have 2");
  EXPECT_EQ(complaint("\"name\": \"test\"", "\"name\": \"train\""), "split 'train' is there twice");
  EXPECT_EQ(complaint("\"name\": \"train\"", "\"name\": \"tran\""), "there is no split 'train'");
  for (const std::string_view name : {"../train-00000", "a/../../b", "a//b", "./a"}) {
    EXPECT_EQ(complaint("train-00000.safetensors", name), StrCat("shard name '", name, "' leads out of the dataset"));
  }
  EXPECT_EQ(complaint("train-00000.safetensors", "/etc/passwd"), "shard name '/etc/passwd' is empty or absolute");
  EXPECT_TRUE(complaint("\"crc32c\": \"", "\"crc32c\": \"0").ends_with("is not 8 hexadecimal digits"));
}

TEST(Manifest, ClassRowsAreOptionalButMustBeTrue) {
  MemoryFiles files;
  const std::string good = ToJson(WriteDense(files));
  const std::string_view field = "\"class_rows\": [\n  8,\n  7\n ],\n";
  const auto older = ParseManifest(Replaced(good, field, ""));
  ASSERT_TRUE(older.ok()) << older.error().message;
  EXPECT_TRUE(older.value().class_rows.empty());
  const auto complaint = [&good](std::string_view to) {
    return ParseManifest(Replaced(good, "8,\n  7", to)).error().message;
  };
  EXPECT_EQ(complaint("8, 8"), "the dataset's manifest: field 'class_rows' adds up to 16 rows, split 'train' has 15");
  EXPECT_EQ(complaint("15"), "the dataset's manifest: field 'class_rows' has 1 numbers, but there are 2 classes");
  EXPECT_EQ(complaint("-1, 16"), "the dataset's manifest: field 'class_rows' holds what is not a whole number");
}

TEST(Manifest, AManifestCutAnywhereIsRefused) {
  MemoryFiles files;
  const std::string good = ToJson(WriteSparse(files));
  for (std::size_t size = 0; size + 2 < good.size(); ++size) {
    EXPECT_FALSE(ParseManifest(good.substr(0, size)).ok()) << size;
  }
}

}  // namespace
}  // namespace lambdaml
