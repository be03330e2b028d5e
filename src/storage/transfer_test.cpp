// SPDX-License-Identifier: Apache-2.0
#include "storage/transfer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "storage/copy.h"
#include "storage/download.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "storage/upload.h"

namespace lambdaml {
namespace {

namespace fs = std::filesystem;

Result<void> GoOn(const Transfer&) { return {}; }

// Whatever is asked for, except that the values of a store are said to be larger, and a look at what was asked.
class WatchedStore final : public Store {
 public:
  WatchedStore(Store& store, Limits limits) : store_(store), limits_(limits) {}

  Result<void> Put(std::span<const PutItem> items) override {
    ++puts;
    std::uint64_t bytes = 0;
    for (const PutItem& item : items) bytes += item.value.size();
    request_bytes_max = std::max(request_bytes_max, bytes);
    return store_.Put(items);
  }
  Result<Values> Get(std::span<const Key> keys) override { return store_.Get(keys); }
  Result<Slices> Read(std::span<const Range> ranges) override {
    ++reads;
    Slices slices = TRY(store_.Read(ranges));
    std::uint64_t bytes = 0;
    for (const auto& slice : slices) bytes += slice ? slice->bytes.size() : 0;
    request_bytes_max = std::max(request_bytes_max, bytes);
    if (after_read) after_read();
    return slices;
  }
  Result<std::vector<Entry>> List(const Key& prefix) override { return store_.List(prefix); }
  Result<void> Delete(std::span<const Key> keys) override { return store_.Delete(keys); }
  const Limits& limits() const override { return limits_; }
  std::string name() const override { return "watched:"; }

  int puts = 0;
  int reads = 0;
  std::uint64_t request_bytes_max = 0;
  std::function<void()> after_read;

 private:
  Store& store_;
  Limits limits_;
};

class TransferTest : public ::testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<Store> NewStore(std::string_view name) {
    const bool file = GetParam() == "file";
    return OpenStore(file ? StrCat("file://", (folder_.path() / name).string()) : "memory:", {.clock = clock_}).value();
  }
  fs::path File(const std::string& name, std::string_view content) {
    const fs::path path = folder_.path() / name;
    EXPECT_TRUE(WriteFileAtomically(path, AsBytes(content), Durability::kProcess).ok());
    return path;
  }
  void Write(const std::string& key, std::string_view text) {
    ASSERT_TRUE(Save(*store_, Key(key), AsBytes(text)).ok()) << key;
  }
  std::string Content(const std::string& file) const {
    const Result<Blob> content = ReadFile(folder_.path() / file);
    return content.ok() ? std::string(content.value().text()) : content.error().message;
  }
  // Everything in a folder, at any depth.
  std::vector<std::string> FilesIn(const std::string& name) const {
    std::vector<std::string> files;
    const fs::path root = folder_.path() / name;
    if (!fs::exists(root)) return files;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (!entry.is_directory()) files.push_back(entry.path().lexically_relative(root));
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  static std::vector<std::string> KeysOf(Store& store) {
    std::vector<std::string> keys;
    for (const Entry& entry : store.List(Key()).value()) keys.push_back(entry.key.text());
    return keys;
  }
  Result<Transfer> DownloadTo(const std::string& folder, const std::string& prefix = {}) {
    return DownloadAll({.store = *store_, .prefix = Key(prefix)}, folder_.path() / folder, GoOn);
  }

  using Texts = std::vector<std::string>;

  SystemClock clock_;
  TemporaryFolder folder_ = TemporaryFolder::Make().value();
  std::unique_ptr<Store> store_ = NewStore("store");
};

INSTANTIATE_TEST_SUITE_P(Stores, TransferTest, ::testing::Values("memory:", "file"));

TEST_P(TransferTest, AFileBecomesAValueAndAFileAgain) {
  const fs::path file = File("in/weights", "abc");
  EXPECT_EQ(Upload(file, {.store = *store_, .prefix = Key("k/1")}, GoOn).value().bytes, 3U);
  EXPECT_TRUE(Upload(file, {.store = *store_}, GoOn).ok());
  EXPECT_EQ(KeysOf(*store_), (Texts{"k/1", "weights"}));
  EXPECT_EQ(Download(*store_, {.key = Key("k/1")}, folder_.path() / "new/out", GoOn).value().bytes, 3U);
  EXPECT_EQ(Content("new/out"), "abc");
}

TEST_P(TransferTest, AFolderBecomesValuesAndAFolderAgain) {
  File("in/a", "1");
  File("in/b c/ä+%", "22");
  File("in/empty", "");
  fs::create_symlink(folder_.path() / "in/a", folder_.path() / "in/link");
  std::vector<Transfer> seen;
  const OnTransfer watch = [&seen](const Transfer& transfer) -> Result<void> {
    seen.push_back(transfer);
    return {};
  };
  const Transfer up = Upload(folder_.path() / "in", {.store = *store_, .prefix = Key("p")}, watch).value();
  EXPECT_EQ(up.values, 4U);
  EXPECT_EQ(up.bytes, 4U);
  EXPECT_EQ(KeysOf(*store_), (Texts{"p/a", "p/b c/ä+%", "p/empty", "p/link"}));
  EXPECT_EQ(seen.front().bytes_total, 4U);
  EXPECT_EQ(seen.back().values, seen.back().values_total);
  const Transfer down = DownloadTo("out", "p").value();
  EXPECT_EQ(down.values, 4U);
  EXPECT_EQ(FilesIn("out"), (Texts{"a", "b c/ä+%", "empty", "link"}));
  EXPECT_EQ(Content("out/b c/ä+%"), "22");
  EXPECT_EQ(Content("out/empty"), "");
}

TEST_P(TransferTest, APrefixMayEndInASlash) {
  File("in/a", "1");
  EXPECT_TRUE(Upload(folder_.path() / "in", {.store = *store_, .prefix = Key("p/")}, GoOn).ok());
  EXPECT_EQ(KeysOf(*store_), (Texts{"p/a"}));
  EXPECT_TRUE(DownloadTo("out", "p/").ok());
  EXPECT_EQ(FilesIn("out"), (Texts{"a"}));
}

TEST_P(TransferTest, UploadRefusesBeforeItWrites) {
  File("in/a", "1");
  File(StrCat("in/", std::string(200, 'k')), "2");
  Limits limits = store_->limits();
  limits.key_bytes_max = 100;
  WatchedStore narrow(*store_, limits);
  EXPECT_EQ(Upload(folder_.path() / "in", {.store = narrow}, GoOn).error().code, Code::kInvalid);
  limits = store_->limits();
  limits.value_bytes_max = 0;
  WatchedStore small(*store_, limits);
  EXPECT_NE(Upload(folder_.path() / "in", {.store = small}, GoOn).error().message.find("has at most 0 B"),
            std::string::npos);
  fs::create_symlink(folder_.path(), folder_.path() / "in/loop");
  EXPECT_NE(Upload(folder_.path() / "in", {.store = *store_}, GoOn).error().message.find("is a link to no file"),
            std::string::npos);
  EXPECT_EQ(Upload(folder_.path() / "none", {.store = *store_}, GoOn).error().code, Code::kNotFound);
  fs::create_directory(folder_.path() / "bare");
  EXPECT_EQ(Upload(folder_.path() / "bare", {.store = *store_}, GoOn).error().code, Code::kInvalid);
  EXPECT_EQ(KeysOf(*store_), Texts());
}

TEST_P(TransferTest, BatchesAreBounded) {
  Limits limits = store_->limits();
  limits.batch_items_max = 10;
  WatchedStore watched(*store_, limits);
  for (int i = 0; i < 25; ++i) File(StrCat("in/", i), "x");
  EXPECT_EQ(Upload(folder_.path() / "in", {.store = watched}, GoOn).value().values, 25U);
  EXPECT_EQ(watched.puts, 3);
  EXPECT_EQ(DownloadAll({.store = watched}, folder_.path() / "out", GoOn).value().values, 25U);
  EXPECT_EQ(watched.reads, 3);
}

TEST_P(TransferTest, ALargeValueIsNeverInMemoryAsAWhole) {
  const std::string large(kBatchBytes + 1000, 'x');
  const fs::path file = File("in/large", large);
  File("in/small", "y");
  WatchedStore watched(*store_, store_->limits());
  ASSERT_TRUE(Upload(folder_.path() / "in", {.store = *store_}, GoOn).ok());
  ASSERT_TRUE(DownloadAll({.store = watched}, folder_.path() / "out", GoOn).ok());
  EXPECT_TRUE(ReadFile(folder_.path() / "out/large").value().text() == large);
  EXPECT_LE(watched.request_bytes_max, kBatchBytes);
  const auto other = NewStore("other");
  EXPECT_EQ(Copy({.store = watched}, {.store = *other}, GoOn).value().bytes, large.size() + 1);
  EXPECT_LE(watched.request_bytes_max, kBatchBytes);
  EXPECT_TRUE(Load(*other, Key("large")).value().text() == large);
  const Range end{.key = Key("large"), .offset = large.size() - 5, .length = 100};
  EXPECT_EQ(Download(*store_, end, folder_.path() / "end", GoOn).value().bytes, 5U);
}

TEST_P(TransferTest, AValueThatIsReplacedMeanwhileIsNotPatchedTogether) {
  Write("k", std::string(kBatchBytes + 1000, 'x'));
  WatchedStore watched(*store_, store_->limits());
  watched.after_read = [this] { Write("k", std::string(kBatchBytes + 2000, 'y')); };
  const Result<Transfer> torn = Download(watched, {.key = Key("k")}, folder_.path() / "out/k", GoOn);
  EXPECT_EQ(torn.error().code, Code::kConflict);
  EXPECT_EQ(FilesIn("out"), Texts());
}

TEST_P(TransferTest, AnEndedDownloadLeavesNoHalfFile) {
  Write("k", std::string(kBatchBytes + 1000, 'x'));
  File("out/k", "old");
  const OnTransfer stop = [](const Transfer& transfer) -> Result<void> {
    if (transfer.bytes > 0) return Error{Code::kUnavailable, "interrupted"};
    return {};
  };
  EXPECT_EQ(Download(*store_, {.key = Key("k")}, folder_.path() / "out/k", stop).error().message, "interrupted");
  EXPECT_EQ(DownloadAll({.store = *store_}, folder_.path() / "out", stop).error().message, "interrupted");
  EXPECT_EQ(FilesIn("out"), (Texts{"k"}));
  EXPECT_EQ(Content("out/k"), "old");
}

TEST_P(TransferTest, ADownloadNeverLeavesItsFolder) {
  Write("p/fine", "1");
  for (const std::string key : {"p/../../escaped", "p//etc/passwd", "p/./a", "p/a/"}) {
    Write(key, "x");
    const Result<Transfer> refused = DownloadTo("out", "p");
    EXPECT_EQ(refused.error().code, Code::kInvalid);
    EXPECT_NE(refused.error().message.find(StrCat("the key '", key, "' is no path")), std::string::npos);
    ASSERT_TRUE(Remove(*store_, Key(key)).ok());
  }
  EXPECT_EQ(FilesIn("out"), Texts());
  EXPECT_TRUE(DownloadTo("out", "p").ok());
}

TEST_P(TransferTest, ADownloadFollowsNoLinkOutOfItsFolder) {
  Write("p/link/a", "1");
  fs::create_directories(folder_.path() / "out");
  fs::create_directories(folder_.path() / "elsewhere");
  fs::create_directory_symlink(folder_.path() / "elsewhere", folder_.path() / "out/link");
  const Result<Transfer> refused = DownloadTo("out", "p");
  EXPECT_EQ(refused.error().code, Code::kInvalid);
  EXPECT_NE(refused.error().message.find("is a link that leads out of"), std::string::npos) << refused.error().message;
  EXPECT_EQ(FilesIn("elsewhere"), Texts());
}

TEST_P(TransferTest, ADownloadReplacesFilesAndNothingElse) {
  Write("k", "new");
  const fs::path file = File("out/k", "old");
  EXPECT_TRUE(Download(*store_, {.key = Key("k")}, file, GoOn).ok());
  EXPECT_EQ(Content("out/k"), "new");
  EXPECT_EQ(Download(*store_, {.key = Key("k")}, folder_.path() / "out", GoOn).error().code, Code::kInvalid);
  EXPECT_EQ(Download(*store_, {.key = Key("k")}, "/dev/null", GoOn).error().code, Code::kInvalid);
  EXPECT_EQ(Download(*store_, {.key = Key("k")}, file / "below", GoOn).error().code, Code::kNotFound);
  EXPECT_EQ(Download(*store_, {.key = Key("none")}, folder_.path() / "none/k", GoOn).error().code, Code::kNotFound);
  EXPECT_FALSE(fs::exists(folder_.path() / "none"));
  EXPECT_EQ(DownloadTo("out", "none").error().code, Code::kNotFound);
}

TEST_P(TransferTest, CopiesBelowAnotherPrefix) {
  for (const std::string key : {"p/a", "p/b/c", "q"}) Write(key, key);
  const auto other = NewStore("other");
  const Transfer copied =
      Copy({.store = *store_, .prefix = Key("p")}, {.store = *other, .prefix = Key("new")}, GoOn).value();
  EXPECT_EQ(copied.values, 2U);
  EXPECT_EQ(KeysOf(*other), (Texts{"new/a", "new/b/c"}));
  EXPECT_EQ(Load(*other, Key("new/b/c")).value().text(), "p/b/c");
  EXPECT_EQ(Copy({.store = *store_, .prefix = Key("x")}, {.store = *other}, GoOn).error().code, Code::kNotFound);
}

TEST_P(TransferTest, CopyRefusesBeforeItWrites) {
  Write("a", "1");
  Write("b", "22");
  const auto other = NewStore("other");
  Limits limits = other->limits();
  limits.value_bytes_max = 1;
  WatchedStore small(*other, limits);
  EXPECT_EQ(Copy({.store = *store_}, {.store = small}, GoOn).error().message,
            "b has 2 B: a value in watched: has at most 1 B");
  EXPECT_EQ(KeysOf(*other), Texts());
}

TEST(WhatCannotBeDownloaded, AKeyThatIsAlsoAFolder) {
  SystemClock clock;
  const TemporaryFolder folder = TemporaryFolder::Make().value();
  const auto store = OpenStore("memory:", {.clock = clock}).value();
  for (const char* const key : {"a", "a!", "a/b/c"}) ASSERT_TRUE(Save(*store, Key(key), AsBytes("x")).ok());
  const Result<Transfer> refused = DownloadAll({.store = *store}, folder.path() / "out", GoOn);
  EXPECT_TRUE(refused.error().message.starts_with("both a and a/b/c are keys")) << refused.error().message;
  EXPECT_FALSE(fs::exists(folder.path() / "out"));
}

TEST(BatchSize, IsBoundedByBytesAndByItems) {
  const std::vector<std::uint64_t> sizes{kBatchBytes - 1, 1, 1};
  EXPECT_EQ(BatchSize(sizes, 100), 2U);
  EXPECT_EQ(BatchSize(sizes, 1), 1U);
  EXPECT_EQ(BatchSize(std::span(sizes).subspan(1), 100), 2U);
  const std::vector<std::uint64_t> large{kBatchBytes + 1, 1};
  EXPECT_EQ(BatchSize(large, 100), 1U);
}

}  // namespace
}  // namespace lambdaml
