// SPDX-License-Identifier: Apache-2.0
#include "data/import.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "data/import_testing.h"

namespace lambdaml {
namespace {

using testing::Import;
using testing::Imported;
using testing::ImportTest;
using testing::MemoryFiles;
using testing::Texts;

TEST_F(ImportTest, MostlyFullLibsvmRowsAreStoredDense) {
  const auto got = Of("a", "1 1:1 2:2\n2 2:3\n");
  EXPECT_FALSE(got.manifest.sparse);
  EXPECT_EQ(got.train, (Texts{"0: 1 2", "1: 0 3"}));
  EXPECT_TRUE(Of("a", "1 1:1 2:2\n2 2:3\n", {.form = "sparse"}).manifest.sparse);
  EXPECT_FALSE(Of("a", "1 9:1\n2 2:3\n", {.form = "dense"}).manifest.sparse);
}

TEST_F(ImportTest, RealLabelsStayNumbers) {
  const auto got = Of("a", "0.5 1:1\n-3 2:1\n");
  EXPECT_TRUE(got.manifest.classes.empty());
  EXPECT_EQ(got.train, (Texts{"0.5: 0=1", "-3: 1=1"}));
  EXPECT_EQ(Of("a", "0.5 1:1\n-3 2:1\n", {.task = "classification"}).manifest.classes, (Texts{"-3", "0.5"}));
  EXPECT_TRUE(Of("a", "1 1:1\n2 2:1\n", {.task = "regression"}).manifest.classes.empty());
}

TEST_F(ImportTest, ManyDistinctIntegersAreNumbers) {
  std::string text;
  for (int i = 0; i <= 10000; ++i) text += StrCat(i, " 1:1\n");
  EXPECT_TRUE(Of("a", text).manifest.classes.empty());
  EXPECT_EQ(Complaint("a", text, {.task = "classification"}),
            "a: there are more than 10000 distinct labels; give task regression");
}

TEST_F(ImportTest, TheTestSplitFollowsTheTrainSplit) {
  ImportOptions options{.test = folder_.Write("t", "7 1:1\n3 2:1\n"), .form = "sparse"};
  const auto got = Of("a", "3 3:1\n5 2:1\n7 1:1\n", options);
  EXPECT_EQ(got.manifest.columns, 3U);
  EXPECT_EQ(got.test, (Texts{"2: 0=1", "0: 1=1"}));
  folder_.Write("t", "7 1:1\n4 2:1\n");
  EXPECT_EQ(Complaint("a", "3 3:1\n7 1:1\n", options), "t:2: label 4 is not one of the train split's classes (3, 7)");
  folder_.Write("t", "7 1:1\n3 4:1\n");
  EXPECT_EQ(Complaint("a", "3 3:1\n7 1:1\n", options),
            "t:2: index 4 is beyond the 3 columns of the dataset; give columns 4 or more");
}

TEST_F(ImportTest, WrongFilesAreRefused) {
  EXPECT_EQ(Complaint({.source = folder_.Path("none")}), "cannot open none: No such file or directory");
  EXPECT_EQ(Complaint("a", ""), "a: the file is empty");
  EXPECT_EQ(Complaint("a.png", "\x89PNG\r\n\x1a\n"),
            "a.png: its format is not recognised; give format as one of npy, npz, idx, cifar, ratings, libsvm, yfcc, "
            "criteo, csv");
  EXPECT_EQ(Complaint("a.npy", "1 1:1\n", {.format = "npy"}).substr(0, 7), "a.npy: ");
  EXPECT_EQ(Complaint("a", "1,2\n", {.format = "libsvm"}), "a:1: label '1,2' is not a finite number");
  EXPECT_EQ(Complaint("a", "1,2\n", {.format = "parquet"}),
            "format: 'parquet' is not one of auto, npy, npz, idx, cifar, ratings, libsvm, yfcc, criteo, csv");
  EXPECT_EQ(Complaint("a.gz", "1 1:1\n"), "a.gz: it is named .gz but is not gzipped");
  EXPECT_EQ(Complaint({.source = folder_.Path("."), .format = "csv"}), ".: it is not a file");
}

TEST_F(ImportTest, LabelsMustFitTheirNumbers) {
  EXPECT_EQ(Complaint("a", "0.5 1:1\n1e39 1:1\n"),
            "a:2: label 1e+39 is too large for a 32-bit number; scale the labels");
}

TEST_F(ImportTest, ColumnsThatAreNotThereAreRefused) {
  EXPECT_EQ(Complaint("a.csv", "1,2,3,4\n", {.columns = 70000}),
            "a.csv: rows have 3 columns, but columns 70000 was given; leave it at 0");
  const Imported sparse = Of("a", "1 3:1\n0 1:1\n", {.columns = 70000});  // any index may be absent from sparse rows
  EXPECT_EQ(sparse.manifest.columns, 70000U);
}

TEST_F(ImportTest, TheOriginSaysHowBytesBecameRows) {
  const Imported plain = Of("a.csv", "1,2\n0,3\n");
  EXPECT_EQ(plain.manifest.origin, (std::map<std::string, std::string>{{"format", "csv"}}));
  const Imported told = Of("a", "1,2\n0,3\n", {.format = "csv", .label_column = "last", .columns = 1});
  EXPECT_EQ(told.manifest.origin,
            (std::map<std::string, std::string>{{"columns", "1"}, {"format", "csv"}, {"label_column", "last"}}));
  EXPECT_EQ(plain.manifest.class_rows, (std::vector<std::uint64_t>{1, 1}));
}

TEST_F(ImportTest, GzippedFilesAreTheSame) {
  const std::string text = "1 1:1\n0 3:0.5\n";
  const Imported plain = Of("a", text);
  EXPECT_EQ(Import({.source = folder_.WriteGzip("b.gz", text)}).train, plain.train);
  EXPECT_EQ(Import({.source = folder_.WriteGzip("c.csv.gz", "1,2\n3,4\n")}).train, (Texts{"0: 2", "1: 4"}));
}

TEST_F(ImportTest, AGzipFileCutAnywhereIsRefused) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += StrCat(i % 2, " 1:", i, " 7:", i * i, "\n");
  const std::string path = folder_.WriteGzip("whole.gz", text);
  std::ifstream whole(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(whole), {});
  for (std::size_t size = 2; size < bytes.size(); ++size) {
    const std::string complaint = Complaint("cut.gz", bytes.substr(0, size), {.format = "libsvm"});
    EXPECT_EQ(complaint, "cut.gz: the gzip data is cut short; fetch the file again") << size;
  }
  std::string damaged = bytes;
  damaged[bytes.size() - 6] ^= 1;
  EXPECT_EQ(Complaint("bad.gz", damaged, {.format = "libsvm"}),
            "bad.gz: the gzip data is damaged (incorrect data check); fetch the file again");
}

// Text of more than one block, so that threads have something to share.
std::string LongLibsvm() {
  std::string text;
  Random random(1, 2);
  for (int row = 0; text.size() < (std::size_t{9} << 20U); ++row) {
    text += StrCat(row % 3, " ");
    for (int column = 1; column < 40; column += 1 + static_cast<int>(random.Below(9))) {
      text += StrCat(column, ":", Fixed(random.Normal(), 4), " ");
    }
    text += "\n";
  }
  return text;
}

TEST_F(ImportTest, ThreadsDoNotChangeTheBytes) {
  const std::string text = LongLibsvm();
  const std::string path = folder_.Write("a", text);
  MemoryFiles one;
  MemoryFiles four;
  ASSERT_TRUE(ImportDataset({.source = path, .threads = 1}, one.Sink(), {}).ok());
  ASSERT_TRUE(ImportDataset({.source = path, .threads = 4}, four.Sink(), {}).ok());
  EXPECT_EQ(one.order, four.order);
  EXPECT_TRUE(one.files == four.files);
  MemoryFiles zipped;
  ASSERT_TRUE(ImportDataset({.source = folder_.WriteGzip("b.gz", text), .threads = 3}, zipped.Sink(), {}).ok());
  EXPECT_TRUE(zipped.files["train-00000.safetensors"] == one.files["train-00000.safetensors"]);
}

TEST_F(ImportTest, AFaultInALaterBlockHasItsLine) {
  std::string text = LongLibsvm();
  const auto lines = std::count(text.begin(), text.end(), '\n');
  text += "1 1:x\n";
  EXPECT_EQ(Complaint("a", text, {.threads = 3}), StrCat("a:", lines + 1, ": the value of '1:x' is not a number"));
}

TEST_F(ImportTest, AFailingSinkEndsTheImport) {
  const ShardSink full = [](std::string_view, ByteSpan) -> Result<void> {
    return Error{Code::kUnavailable, "the disk is full"};
  };
  const auto result = ImportDataset({.source = folder_.Write("a.csv", "1,2\n")}, full, {});
  EXPECT_EQ(result.error().message, "writing train-00000.safetensors: the disk is full");
}

TEST_F(ImportTest, ProgressReachesTheEnd) {
  double share = 0;
  MemoryFiles files;
  const auto note = [&share](const DataProgress& progress) { share = progress.share; };
  ASSERT_TRUE(ImportDataset({.source = folder_.Write("a.csv", "1,2\n")}, files.Sink(), note).ok());
  EXPECT_EQ(share, 1);
}

TEST(Import, EveryFormatIsListed) {
  EXPECT_EQ(FormatList().size(), 9U);
  ImportOptions options;
  EXPECT_EQ(Describe(options).size(), 18U);
}

}  // namespace
}  // namespace lambdaml
