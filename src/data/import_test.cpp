// SPDX-License-Identifier: Apache-2.0
#include "data/import.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "data/testing.h"

namespace lambdaml {
namespace {

using testing::MemoryFiles;
using testing::OpenAll;
using testing::RowTexts;
using testing::TemporaryFolder;

using Texts = std::vector<std::string>;

// What an import gives: rows as texts, or its complaint.
struct Imported {
  Manifest manifest;
  Texts train;
  Texts test;
  std::string complaint;
};

Imported Import(const ImportOptions& options) {
  MemoryFiles files;
  auto manifest = ImportDataset(options, files.Sink(), {});
  if (!manifest.ok()) {
    EXPECT_EQ(files.files.count(std::string(kManifestName)), 0U) << "a failed import left a manifest";
    EXPECT_EQ(manifest.error().message.find('\n'), std::string::npos);
    return {.manifest = {}, .train = {}, .test = {}, .complaint = manifest.error().message};
  }
  EXPECT_EQ(files.order.back(), kManifestName);
  Imported imported{.manifest = std::move(manifest).value(), .train = {}, .test = {}, .complaint = ""};
  imported.train = RowTexts(OpenAll(imported.manifest, "train", files).rows);
  if (imported.manifest.Find("test") != nullptr) {
    imported.test = RowTexts(OpenAll(imported.manifest, "test", files).rows);
  }
  return imported;
}

class ImportTest : public ::testing::Test {
 protected:
  // The complaint about one file of this content, without the folder.
  std::string Complaint(std::string_view name, std::string_view content, ImportOptions options = {}) {
    options.source = folder_.Write(name, content);
    return Complaint(options);
  }
  std::string Complaint(const ImportOptions& options) {
    std::string text = Import(options).complaint;
    const std::string prefix = folder_.Path("");
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }
  Imported Of(std::string_view name, std::string_view content, ImportOptions options = {}) {
    options.source = folder_.Write(name, content);
    return Import(options);
  }

  TemporaryFolder folder_;
};

TEST_F(ImportTest, LibsvmRowsComeBack) {
  const auto got = Of("a", "+1 1:0.5 3:-2e-1 # a comment\r\n\n# only a comment\n-1 qid:7 2:1\n1\n");
  ASSERT_EQ(got.complaint, "");
  EXPECT_TRUE(got.manifest.sparse);
  EXPECT_EQ(got.manifest.columns, 3U);
  EXPECT_EQ(got.manifest.classes, (Texts{"-1", "1"}));
  EXPECT_EQ(got.train, (Texts{"1: 0=0.5 2=-0.20000000298023224", "0: 1=1", "1:"}));
}

TEST_F(ImportTest, LibsvmIndicesMayCountFromZero) {
  const auto got = Of("a", "0 1:1\n1 0:1 4:1\n");
  EXPECT_EQ(got.manifest.columns, 5U);
  EXPECT_EQ(got.train, (Texts{"0: 1=1", "1: 0=1 4=1"}));
  EXPECT_EQ(Of("a", "0 1:1\n", {.form = "sparse", .index_base = "0"}).train, (Texts{"0: 1=1"}));
  EXPECT_EQ(Complaint("a", "0 1:1\n1 0:1\n", {.index_base = "1"}),
            "a:2: index 0 where indices count from 1; give index_base 0");
}

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

TEST_F(ImportTest, WrongLibsvmIsRefusedWithItsLine) {
  EXPECT_EQ(Complaint("a.svm", "1 1:1\n1 2:1 2:2\n"), "a.svm:2: '2:2': the indices of a row must ascend");
  EXPECT_EQ(Complaint("a.svm", "1 1:1\n\nx 2:1\n"), "a.svm:3: label 'x' is not a finite number");
  EXPECT_EQ(Complaint("a.svm", "nan 1:1\n"), "a.svm:1: label 'nan' is not a finite number");
  EXPECT_EQ(Complaint("a.svm", "1 1:nan\n"), "a.svm:1: the value of '1:nan' is not finite");
  EXPECT_EQ(Complaint("a.svm", "1 1:-inf"), "a.svm:1: the value of '1:-inf' is not finite");
  EXPECT_EQ(Complaint("a.svm", "1 1:1e99"), "a.svm:1: the value of '1:1e99' is not finite");
  EXPECT_EQ(Complaint("a.svm", "1 1:\n"), "a.svm:1: the value of '1:' is not a number");
  EXPECT_EQ(Complaint("a.svm", "1 1:2x\n"), "a.svm:1: the value of '1:2x' is not a number");
  EXPECT_EQ(Complaint("a.svm", "1 2\n"), "a.svm:1: '2' is not index:value");
  EXPECT_EQ(Complaint("a.svm", "1 a:2\n"), "a.svm:1: 'a:2' does not begin with a whole-number index");
  EXPECT_EQ(Complaint("a.svm", "1 4294967295:2\n"), "a.svm:1: the index of '4294967295:2' is larger than 4294967294");
  EXPECT_EQ(Complaint("a.svm", "1 99999999999999999999:2\n"),
            "a.svm:1: the index of '99999999999999999999:2' is larger than 4294967294");
  EXPECT_EQ(Complaint("a.svm", "1 5:1\n", {.columns = 4}),
            "a.svm:1: index 5 is beyond the 4 columns of the dataset; give columns 5 or more");
  EXPECT_EQ(Complaint("a.svm", "1\n2\n"), "a.svm: no row has an entry, so the columns are unknown; give columns");
  EXPECT_EQ(Complaint("a.svm", "# nothing\n\n"), "a.svm: it holds no rows");
  EXPECT_EQ(Complaint("a.svm", "1 4294967294:1\n", {.form = "dense"}),
            "a.svm: 4294967294 columns are too many for dense rows; give form sparse");
  EXPECT_EQ(Complaint("a.svm", std::string("1 1:\0", 5)).substr(0, 9), "a.svm:1: ");
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

TEST_F(ImportTest, CsvRowsComeBack) {
  EXPECT_EQ(Of("a.csv", "1,0.5,2\n0,-1,+3.25\r\n").train, (Texts{"1: 0.5 2", "0: -1 3.25"}));
  EXPECT_EQ(Of("a.csv", "label,x,y\n1, 0.5 ,2\n0,\"-1\",3\n").train, (Texts{"1: 0.5 2", "0: -1 3"}));
  EXPECT_EQ(Of("a", "1;2;4\n0;1;3").train, (Texts{"1: 2 4", "0: 1 3"}));
  EXPECT_EQ(Of("a.tsv", "1\t2\n0\t1\n").train, (Texts{"1: 2", "0: 1"}));
  EXPECT_EQ(Of("a.csv", "1,2,9\n0,1,8\n", {.label_column = "last"}).train, (Texts{"1: 1 2", "0: 0 1"}));
  EXPECT_EQ(Of("a.csv", "1,2,9\n0,1,8\n", {.label_column = "2"}).train, (Texts{"1: 1 9", "0: 0 8"}));
  EXPECT_EQ(Of("a.csv", "x,y,z\n1,2,9\n0,1,8\n", {.label_column = "y"}).train, (Texts{"1: 1 9", "0: 0 8"}));
  EXPECT_EQ(Of("a.csv", "1,2\n0,1\n", {.header = "yes"}).train, (Texts{"0: 1"}));
  EXPECT_EQ(Of("a.csv", "0,1,0,2\n1,0,0,3\n", {.form = "sparse"}).train, (Texts{"0: 0=1 2=2", "1: 2=3"}));
}

TEST_F(ImportTest, CsvLabelsMayBeTexts) {
  const auto got = Of("iris.csv", "width,kind\n1,setosa\n2,\"versicolor\"\n3,setosa\n", {.label_column = "kind"});
  EXPECT_EQ(got.manifest.classes, (Texts{"setosa", "versicolor"}));
  EXPECT_EQ(got.train, (Texts{"0: 1", "1: 2", "0: 3"}));
  EXPECT_EQ(Complaint("a.csv", "cat,1\ndog,2\n", {.task = "regression"}),
            "a.csv: labels such as 'cat' are texts, so the task is not regression");
  const ImportOptions with_test{.test = folder_.Write("t.csv", "cow,1\n")};
  EXPECT_EQ(Complaint("a.csv", "cat,1\ndog,2\n", with_test),
            "t.csv:1: label cow is not one of the train split's classes (cat, dog)");
}

TEST_F(ImportTest, WrongCsvIsRefusedWithItsLine) {
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n1,2\n"), "a.csv:2: the row has 2 fields, the first row has 3");
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n1,2,3,4\n"), "a.csv:2: the row has more than 3 fields, the first row has 3");
  EXPECT_EQ(Complaint("a.csv", "l,x,y\n1,2,3\n1,,3\n"), "a.csv:3: field 2 is empty");
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n1,2,\n"), "a.csv:2: field 3 is empty");
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n1,abc,4\n"), "a.csv:2: field 2 'abc' is not a number");
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n1,NaN,4\n"), "a.csv:2: field 2 'NaN' is not finite");
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n1,2,inf\n"), "a.csv:2: field 3 'inf' is not finite");
  EXPECT_EQ(Complaint("a.csv", "1,2\nx,2\n"), "a.csv:2: label 'x' is not a finite number");
  EXPECT_EQ(Complaint("a.csv", "1,2\n,2\n"), "a.csv:2: the label is empty");
  EXPECT_EQ(Complaint("a.csv", "1,2\n1,\"2\n"),
            "a.csv:2: a quoted field does not end before the next separator or the end of its line");
  EXPECT_EQ(Complaint("a.csv", "7\n8\n"),
            "a.csv: its first line has one field; a row needs a label and at least one value");
  EXPECT_EQ(
      Complaint("a.csv", "1,2\n", {.label_column = "5"}),
      "a.csv: there is no label column '5' among the 2 of its first line; give first, last, a number from 1 or a name");
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n", {.columns = 7}), "a.csv: rows have 2 columns, 7 were given");
  const ImportOptions with_test{.test = folder_.Write("t.csv", "1,2\n")};
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n", with_test), "t.csv: its rows have 1 columns, those of the train split 2");
}

std::string Npy(std::string_view type, std::string_view shape, std::string_view data) {
  std::string header = StrCat("{'descr': '", type, "', 'fortran_order': False, 'shape': ", shape, ", }");
  header.resize((10 + header.size() + 63) / 64 * 64 - 10, ' ');
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size() & 0xFFU);
  file += static_cast<char>(header.size() >> 8U);
  return file + header + std::string(data);
}

template <class T>
std::string Raw(std::vector<T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

TEST_F(ImportTest, NpyRowsComeBack) {
  folder_.Write("y.npy", Npy("<i8", "(2,)", Raw<std::int64_t>({5, 3})));
  const auto got = Of("x.npy", Npy("<f8", "(2, 2, 1)", Raw<double>({1, 2.5, -3, 4})));
  ASSERT_EQ(got.complaint, "");
  EXPECT_EQ(got.manifest.classes, (Texts{"3", "5"}));
  EXPECT_EQ(got.train, (Texts{"1: 1 2.5", "0: -3 4"}));
  EXPECT_EQ(Of("x.npy", Npy("|u1", "(2, 3)", Raw<std::uint8_t>({1, 2, 3, 4, 5, 255}))).train,
            (Texts{"1: 1 2 3", "0: 4 5 255"}));
  folder_.Write("y_train.npy", Npy("<f4", "(2, 1)", Raw<float>({0.5, 3})));
  EXPECT_EQ(Of("X_train.npy", Npy("<f4", "(2, 1)", Raw<float>({7, 8}))).train, (Texts{"0.5: 7", "3: 8"}));
}

TEST_F(ImportTest, WrongNpyIsRefused) {
  const std::string rows = Npy("<f4", "(2, 2)", Raw<float>({1, 2, 3, 4}));
  EXPECT_EQ(Complaint("x.npy", rows),
            "x.npy: there is no file of labels beside it (y.npy, Y.npy); name it with labels");
  folder_.Write("y.npy", Npy("|u1", "(3,)", "abc"));
  EXPECT_EQ(Complaint("x.npy", rows), "x.npy: it holds 2 rows, but y.npy holds 3 labels");
  folder_.Write("y.npy", Npy("|u1", "(2,)", "ab"));
  EXPECT_EQ(Complaint("x.npy", rows + "more"), "x.npy: it is longer than its header says");
  EXPECT_EQ(Complaint("x.npy", rows.substr(0, rows.size() - 1)),
            "x.npy: the file is cut short: rows 1 to 2 of 2 are missing");
  EXPECT_EQ(Complaint("x.npy", Npy("<f4", "(2, 2)", Raw<float>({1, 2, NAN, 4}))),
            "x.npy: row 2, value 1: it is not finite");
  EXPECT_EQ(Complaint("x.npy", Npy(">f4", "(2, 2)", "")),
            "x.npy: element type >f4 is not known; save it with astype('float32') or another plain type");
  EXPECT_EQ(Complaint("x.npy", Npy("<f4", "(2,)", "")),
            "x.npy: it has 1 dimensions; rows need two or more, as x.reshape(len(x), -1) has");
  EXPECT_EQ(Complaint("x.npy", Npy("<f4", "(2, 4611686018427387904, 8)", "")), "x.npy: its shape is too large");
  EXPECT_EQ(Complaint("x.npy", Npy("<f4", "(2, 1000000000000)", "")),
            "x.npy: a row of 1000000000000 values is too wide");
  EXPECT_EQ(Complaint("x.npy", Npy("<f4", "(0, 2)", "")), "x.npy: it holds no rows");
  std::string fortran = rows;
  fortran.replace(fortran.find("False"), 5, "True ");
  EXPECT_EQ(Complaint("x.npy", fortran), "x.npy: it is in Fortran order; save numpy.ascontiguousarray(x)");
}

std::string Idx(std::vector<unsigned char> extents, std::string_view data) {
  std::string file("\x00\x00\x08", 3);
  file += static_cast<char>(extents.size());
  for (const unsigned char extent : extents) file += std::string(3, '\0') + static_cast<char>(extent);
  return file + std::string(data);
}

TEST_F(ImportTest, IdxPairsAndFoldersComeBack) {
  folder_.Write("train-labels-idx1-ubyte", Idx({2}, std::string("\x07\x00", 2)));
  const auto one = Of("train-images-idx3-ubyte", Idx({2, 1, 2}, std::string("\x00\xFF\x33\x00", 4)));
  ASSERT_EQ(one.complaint, "");
  EXPECT_EQ(one.manifest.classes, (Texts{"0", "7"}));
  EXPECT_EQ(one.train, (Texts{"1: 0 1", "0: 0.20000000298023224 0"}));
  folder_.WriteGzip("t10k-images-idx3-ubyte.gz", Idx({1, 1, 2}, std::string("\xFF\x00", 2)));
  folder_.WriteGzip("t10k-labels-idx1-ubyte.gz", Idx({1}, "\x07"));
  const auto both = Import({.source = folder_.Path("")});
  EXPECT_EQ(both.train, one.train);
  EXPECT_EQ(both.test, (Texts{"1: 1 0"}));
}

TEST_F(ImportTest, WrongIdxIsRefused) {
  const std::string rows = Idx({2, 1, 2}, "abcd");
  EXPECT_EQ(Complaint("i-images", rows),
            "i-images: there is no file of labels beside it (i-labels); name it with labels");
  folder_.Write("i-labels", Idx({3}, "abc"));
  EXPECT_EQ(Complaint("i-images", rows), "i-images: it holds 2 rows, but i-labels holds 3 labels");
  folder_.Write("i-labels", Idx({2}, "ab"));
  EXPECT_EQ(Complaint("i-images", rows + "e"), "i-images: it is longer than its header says");
  EXPECT_EQ(Complaint("i-images", rows.substr(0, rows.size() - 1)),
            "i-images: the file is cut short: rows 1 to 2 of 2 are missing");
  std::string floats = rows;
  floats[2] = 0x0D;
  EXPECT_EQ(Complaint("i-images", floats), "i-images: its elements are not unsigned bytes, the only type read here");
  EXPECT_EQ(Complaint("i-labels", Idx({2}, "ab")), "i-labels: it holds labels, give the images' file");
  EXPECT_EQ(
      Complaint({.source = folder_.Path("."), .format = "auto"}),
      ".: the folder holds no train-images-idx3-ubyte or the same with .gz; give a file, or a folder of IDX files");
}

TEST_F(ImportTest, BinaryFilesCutAnywhereAreRefused) {
  folder_.Write("y.npy", Npy("|u1", "(2,)", "ab"));
  folder_.Write("i-labels", Idx({2}, "ab"));
  const std::string npy = Npy("<f4", "(2, 2)", Raw<float>({1, 2, 3, 4}));
  const std::string idx = Idx({2, 1, 2}, "abcd");
  for (std::size_t size = 0; size < npy.size(); ++size) {
    EXPECT_NE(Complaint("x.npy", npy.substr(0, size), {.format = "npy"}), "") << size;
  }
  for (std::size_t size = 0; size < idx.size(); ++size) {
    EXPECT_NE(Complaint("i-images", idx.substr(0, size), {.format = "idx"}), "") << size;
  }
}

TEST_F(ImportTest, WrongFilesAreRefused) {
  EXPECT_EQ(Complaint({.source = folder_.Path("none")}), "cannot open none: No such file or directory");
  EXPECT_EQ(Complaint("a", ""), "a: the file is empty");
  EXPECT_EQ(Complaint("a.png", "\x89PNG\r\n\x1a\n"),
            "a.png: its format is not recognised; give format as one of npy, idx, libsvm, csv");
  EXPECT_EQ(Complaint("a.npy", "1 1:1\n", {.format = "npy"}).substr(0, 7), "a.npy: ");
  EXPECT_EQ(Complaint("a", "1,2\n", {.format = "libsvm"}), "a:1: label '1,2' is not a finite number");
  EXPECT_EQ(Complaint("a", "1,2\n", {.format = "parquet"}),
            "format: 'parquet' is not one of auto, npy, idx, libsvm, csv");
  EXPECT_EQ(Complaint("a.gz", "1 1:1\n"), "a.gz: it is named .gz but is not gzipped");
  EXPECT_EQ(Complaint({.source = folder_.Path("."), .format = "csv"}), ".: it is not a file");
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
  EXPECT_EQ(FormatList().size(), 4U);
  ImportOptions options;
  EXPECT_EQ(Describe(options).size(), 10U);
}

}  // namespace
}  // namespace lambdaml
