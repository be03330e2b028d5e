// SPDX-License-Identifier: Apache-2.0
#include "data/csv/csv_format.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "data/csv/csv_fields.h"
#include "data/csv/csv_hash.h"
#include "data/import_testing.h"

namespace lambdaml::csv {
namespace {

using CsvTest = testing::ImportTest;
using testing::Texts;

TEST_F(CsvTest, CsvRowsComeBack) {
  EXPECT_EQ(Of("a.csv", "1,0.5,2\n0,-1,+3.25\r\n").train, (Texts{"1: 0.5 2", "0: -1 3.25"}));
  EXPECT_EQ(Of("a.csv", "label,x,y\n1, 0.5 ,2\n0,\"-1\",3\n").train, (Texts{"1: 0.5 2", "0: -1 3"}));
  EXPECT_EQ(Of("a", "1;2;4\n0;1;3").train, (Texts{"1: 2 4", "0: 1 3"}));
  EXPECT_EQ(Of("a.tsv", "1\t2\n0\t1\n").train, (Texts{"1: 2", "0: 1"}));
  EXPECT_EQ(Of("a.csv", "1,2,9\n0,1,8\n", {.label_column = "last"}).train, (Texts{"1: 1 2", "0: 0 1"}));
  EXPECT_EQ(Of("a.csv", "1,2,9\n0,1,8\n", {.label_column = "2"}).train, (Texts{"1: 1 9", "0: 0 8"}));
  EXPECT_EQ(Of("a.csv", "x,y,z\n1,2,9\n0,1,8\n", {.label_column = "y"}).train, (Texts{"1: 1 9", "0: 0 8"}));
  EXPECT_EQ(Of("a.csv", "x,y\n1,2\n3,1\n", {.label_column = "none"}).train, (Texts{"0: 1 2", "0: 3 1"}));
  EXPECT_EQ(Of("a.csv", "7\n8\n", {.label_column = "none"}).train, (Texts{"0: 7", "0: 8"}));
  EXPECT_EQ(Of("a.csv", "1,2\n0,1\n", {.header = "yes"}).train, (Texts{"0: 1"}));
  EXPECT_EQ(Of("a.csv", "0,1,0,2\n1,0,0,3\n", {.form = "sparse"}).train, (Texts{"0: 0=1 2=2", "1: 2=3"}));
}

TEST_F(CsvTest, CsvLabelsMayBeTexts) {
  const auto got = Of("iris.csv", "width,kind\n1,setosa\n2,\"versicolor\"\n3,setosa\n", {.label_column = "kind"});
  EXPECT_EQ(got.manifest.classes, (Texts{"setosa", "versicolor"}));
  EXPECT_EQ(got.train, (Texts{"0: 1", "1: 2", "0: 3"}));
  EXPECT_EQ(Complaint("a.csv", "cat,1\ndog,2\n", {.task = "regression"}),
            "a.csv: labels such as 'cat' are texts, so the task is not regression");
  const ImportOptions with_test{.test = folder_.Write("t.csv", "cow,1\n")};
  EXPECT_EQ(Complaint("a.csv", "cat,1\ndog,2\n", with_test),
            "t.csv:1: label cow is not one of the train split's classes (cat, dog)");
}

TEST_F(CsvTest, WrongCsvIsRefusedWithItsLine) {
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n1,2\n"), "a.csv:2: the row has 2 fields, the first row has 3");
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n1,2,3,4\n"), "a.csv:2: the row has more than 3 fields, the first row has 3");
  EXPECT_EQ(Complaint("a.csv", "l,x,y\n1,2,3\n1,,3\n"),
            "a.csv:3: field 2 (x) is empty; fill it in, or give missing zero");
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n1,2,\n"), "a.csv:2: field 3 is empty; fill it in, or give missing zero");
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n1,abc,4\n"),
            "a.csv:2: field 2 'abc' is not a number; mend it, or give hash_columns to hash columns of texts");
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n1,NaN,4\n"), "a.csv:2: field 2 'NaN' is not finite");
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n1,2,inf\n"), "a.csv:2: field 3 'inf' is not finite");
  EXPECT_EQ(Complaint("a.csv", "1,2\nx,2\n"), "a.csv:2: label 'x' is not a finite number");
  EXPECT_EQ(Complaint("a.csv", "1,2\n,2\n"), "a.csv:2: the label, field 1, is empty");
  EXPECT_EQ(Complaint("a.csv", "1,2\n1,\"2\n"),
            "a.csv:2: field 2: its quote is not closed, or text follows the closing one");
  EXPECT_EQ(Complaint("a.csv", "7\n8\n"),
            "a.csv: its first line has one field; a row needs a label and at least one value");
  EXPECT_EQ(Complaint("a.csv", "1,2\n", {.label_column = "5"}),
            "a.csv: there is no label column '5' among the 2 of its first line; give first, last, none, a number from "
            "1 or a name");
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n", {.columns = 7}),
            "a.csv: rows have 2 columns, but columns 7 was given; leave it at 0");
  const ImportOptions with_test{.test = folder_.Write("t.csv", "1,2\n")};
  EXPECT_EQ(Complaint("a.csv", "1,2,3\n", with_test), "t.csv: its rows have 1 columns, those of the train split 2");
}

TEST_F(CsvTest, QuotedFieldsMayHoldAnything) {
  const std::string text = "\"the, \"\"kind\"\"\",x\n\"a, \"\"b\"\"\nc\",1\r\n\"d\", \"2\" \n";
  const auto got = Of("a.csv", text);
  ASSERT_EQ(got.complaint, "");
  EXPECT_EQ(got.manifest.classes, (Texts{"a, \"b\"\nc", "d"}));
  EXPECT_EQ(got.train, (Texts{"0: 1", "1: 2"}));
  EXPECT_EQ(Complaint("a.csv", text + "e,x\n"),
            "a.csv:5: field 2 (x) 'x' is not a number; mend it, or give hash_columns to hash columns of texts");
  EXPECT_EQ(Complaint("a.csv", "1,2\n1,\"2\" 3\n"),
            "a.csv:2: field 2: its quote is not closed, or text follows the closing one");
  EXPECT_EQ(Complaint("a.csv", "1,2\n1,\"x\ny\"\n"),
            "a.csv:3: field 2 'x y' is not a number; mend it, or give hash_columns to hash columns of texts");
}

TEST_F(CsvTest, RecordsEndOutsideQuotesOnly) {
  EXPECT_EQ(WholeQuotedRecords("1,2\n3,4"), 4U);
  EXPECT_EQ(WholeQuotedRecords("1,\"a\nb\"\n2,\"c\n"), 8U);
  EXPECT_EQ(WholeQuotedRecords("1,\"a\nb\",5"), 0U);
  EXPECT_EQ(WholeQuotedRecords("1,\"a\"\"\nb\"\n\"\"\n"), 13U);
  EXPECT_EQ(WholeQuotedRecords("# it's \"so\n1,2\n"), 15U);  // a comment
  EXPECT_EQ(WholeQuotedRecords("5\" pipe,2\n1,2\n"), 14U);   // not at the beginning of a field
  EXPECT_EQ(WholeQuotedRecords("1, \"a\n"), 0U);
}

// Long enough for two blocks, of which the first ends in a quoted field.
TEST_F(CsvTest, BlocksEndBetweenRecords) {
  std::string text = "kind,x\n";
  while (text.size() < TextReader::kBlockBytes + TextReader::kBlockBytes / 8)
    text += "\"a\nb, \"\"c\"\"\n\n\",1.5\n\"d\n\",\"2\"\n";
  const auto got = Of("a.csv", text, {.threads = 2});
  ASSERT_EQ(got.complaint, "");
  EXPECT_EQ(got.manifest.classes, (Texts{"a\nb, \"c\"\n\n", "d\n"}));
  EXPECT_EQ(got.manifest.class_rows[0], got.manifest.class_rows[1]);
  const auto lines = std::count(text.begin(), text.end(), '\n');
  EXPECT_EQ(Complaint("a.csv", text + "d,y\n", {.threads = 2}),
            StrCat("a.csv:", lines + 1,
                   ": field 2 (x) 'y' is not a number; mend it, or give hash_columns to hash columns of texts"));
  EXPECT_EQ(Complaint("a.csv", text + "\"d,1\n1,2\n"),
            StrCat("a.csv:", lines + 1, ": field 1 (kind): its quote is not closed, or text follows the closing one"));
}

TEST_F(CsvTest, TabsSeparateWhereTheNameSaysSo) {
  EXPECT_EQ(Of("a.tsv", "a,b\t1\nc;d;e\t2\n").manifest.classes, (Texts{"a,b", "c;d;e"}));
  EXPECT_EQ(Of("a.csv", "\"a,b,c\";1\nd;2\n").manifest.classes, (Texts{"a,b,c", "d"}));
}

TEST_F(CsvTest, EmptyNumbersMayBeZero) {
  EXPECT_EQ(Of("a.csv", "1,,3\n0,2,\n", {.missing = "zero"}).train, (Texts{"1: 0 3", "0: 2 0"}));
  EXPECT_EQ(Complaint("a.csv", "1,2\n,3\n", {.missing = "zero"}), "a.csv:2: the label, field 1, is empty");
}

// The text "red" of field 2, as a reader of the document would compute it.
TEST_F(CsvTest, TheHashIsTheDocumentedOne) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char byte : {'\2', '\0', '\0', '\0', 'r', 'e', 'd'})
    hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  EXPECT_EQ(HashOf(2, "red"), Mix(hash));
  EXPECT_EQ(HashOf(2, "red") % 1000000, 872143U);
  EXPECT_EQ(BinOf(-1), "=-1");
  EXPECT_EQ(BinOf(2), "=2");
  EXPECT_EQ(BinOf(3), "1");
  EXPECT_EQ(BinOf(1000), "47");  // ln(1000)^2 is 47.7
}

std::string Column(std::uint64_t numbers, std::uint32_t field, std::string_view text, std::uint64_t columns) {
  return StrCat(numbers + HashOf(field, text) % columns);
}

TEST_F(CsvTest, TextsAreHashedBehindTheNumbers) {
  const std::string text = "y,city,size,colour\n1,Bern,0.5,red\n0,\"Bern\",0,\n";
  const auto got = Of("a.csv", text, {.hash_columns = 1000});
  ASSERT_EQ(got.complaint, "");
  EXPECT_TRUE(got.manifest.sparse);
  EXPECT_EQ(got.manifest.columns, 1001U);
  EXPECT_EQ(got.manifest.origin.at("categorical"), "2,4");
  const std::string bern = Column(1, 2, "Bern", 1000);
  const std::string red = Column(1, 4, "red", 1000);
  const std::string none = Column(1, 4, "", 1000);
  EXPECT_EQ(got.train, (Texts{StrCat("1: 0=0.5 ", bern, "=1 ", red, "=1"), StrCat("0: ", none, "=1 ", bern, "=1")}));
  const auto unit =
      Of("a.csv", text, {.form = "sparse", .categorical = "size,2-2,colour", .hash_columns = 1, .hash_value = "unit"});
  EXPECT_EQ(unit.train, (Texts{"1: 0=1.7320507764816284", "0: 0=1.7320507764816284"}));  // all three in one column
}

TEST_F(CsvTest, TheTestSplitHashesTheColumnsOfTheTrainSplit) {
  const ImportOptions options{.test = folder_.Write("t.csv", "0,7,8\n"), .hash_columns = 50};
  const auto got = Of("a.csv", "1,7,1\n0,b,2\n", options);
  ASSERT_EQ(got.complaint, "");
  EXPECT_EQ(got.test, (Texts{StrCat("0: 0=8 ", Column(1, 2, "7", 50), "=1")}));
  folder_.Write("t.csv", "0,7,8,9\n");
  EXPECT_EQ(Complaint("a.csv", "1,7,1\n0,b,2\n", options),
            "t.csv: its rows have 52 columns, those of the train split 51");
}

TEST_F(CsvTest, WrongHashingIsRefused) {
  EXPECT_EQ(Complaint("a.csv", "1,2\n", {.hash_columns = 9}),
            "a.csv: it has no columns of texts to hash; name them in categorical");
  EXPECT_EQ(Complaint("a.csv", "1,2\n", {.categorical = "3", .hash_columns = 9}),
            "a.csv: categorical: there is no column '3' among the 2; give names or numbers from 1, as in 3,5-7,city");
  EXPECT_EQ(Complaint("a.csv", "1,a,2\n1,a,b\n", {.categorical = "2", .hash_columns = 9}),
            "a.csv:2: field 3 'b' is not a number; name it in categorical to hash it");
  EXPECT_EQ(Complaint("a.csv", "1,a\n", {.hash_columns = 9, .columns = 5}),
            "a.csv: rows have 9 columns, but columns 5 was given; leave it at 0");
}

// A line of Criteo's form: the counts 1, 2, ... but an empty second one, and texts of eight hexadecimal digits.
std::string CriteoLine(int label) {
  std::string line = StrCat(label);
  for (int count = 1; count <= 13; ++count) line += count == 2 ? "\t" : StrCat("\t", count);
  for (int text = 14; text <= 39; ++text) line += text == 20 ? "\t" : StrCat("\t000000", text);
  return line + "\n";
}

TEST_F(CsvTest, CriteosFieldsAreAllHashed) {
  const auto got = Of("train.txt", CriteoLine(0) + CriteoLine(1), {.hash_value = "unit"});
  ASSERT_EQ(got.complaint, "");
  EXPECT_EQ(got.manifest.origin.at("format"), "criteo");
  EXPECT_EQ(got.manifest.origin.at("hash_columns"), "1000000");
  EXPECT_EQ(got.manifest.origin.at("hash"), "fnv-1a 64, splitmix64");
  EXPECT_EQ(got.manifest.columns, 1000000U);
  EXPECT_EQ(got.manifest.classes, (Texts{"0", "1"}));
  const std::string& row = got.train[1];
  EXPECT_EQ(std::count(row.begin(), row.end(), '='), 39);
  for (const auto& [field, text] : std::vector<std::pair<std::uint32_t, std::string>>{
           {2, "=1"}, {3, ""}, {4, "1"}, {14, "6"}, {15, "00000014"}, {21, ""}, {40, "00000039"}}) {
    EXPECT_NE(row.find(StrCat(" ", Column(0, field, text, 1000000), "=0.1601281464099884")), std::string::npos)
        << field;
  }
  EXPECT_EQ(Complaint("train.txt", CriteoLine(0) + "1\tx\n"), "train.txt:2: field 2 'x' is not a whole number");
}

}  // namespace
}  // namespace lambdaml::csv
