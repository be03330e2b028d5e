// SPDX-License-Identifier: Apache-2.0
#include "storage/file/file_store.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/temporary_folder.h"
#include "base/text.h"
#include "storage/ops.h"
#include "storage/registry.h"
#include "storage/store_conformance.h"

namespace lambdaml {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

StoreUnderTest MakeFileStore(Clock& clock) {
  const auto folder = std::make_shared<TemporaryFolder>(TemporaryFolder::Make().value());
  return {.ground = folder, .store = OpenStore(StrCat("file://", folder->path().native()), {.clock = clock}).value()};
}

INSTANTIATE_TEST_SUITE_P(File, StoreConformance, ::testing::Values(StoreMaker{"file", MakeFileStore}));

class FileStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> Open(const std::string& child = "/store") {
    return OpenStore(StrCat("file://", root_.native(), child), {.clock = clock_}).value();
  }
  Error Refused(const std::string& url) {
    auto store = OpenStore(url, {.clock = clock_});
    return store.ok() ? Error{Code::kInternal, "it was opened"} : std::move(store).error();
  }
  std::vector<std::string> FilesBelow(const std::filesystem::path& folder) const {
    std::vector<std::string> files;
    if (!std::filesystem::exists(folder)) return files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      files.push_back(entry.path().lexically_relative(folder).native());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  SystemClock clock_;
  TemporaryFolder folder_ = TemporaryFolder::Make().value();
  std::filesystem::path root_ = folder_.path();
};

using Names = std::vector<std::string>;

// Runs `work` in a process of its own; the exit code says whether it returned true.
template <class Work>
pid_t Fork(const Work& work) {
  const pid_t child = fork();
  if (child == 0) _exit(work() ? 0 : 1);
  return child;
}

int StatusOf(pid_t child) {
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

TEST_F(FileStoreTest, RefusesWhatIsNotAFolderItMayUse) {
  const Error host = Refused("file://tmp/channel");
  EXPECT_EQ(host.code, Code::kInvalid);
  EXPECT_NE(host.message.find("write file:///tmp/channel"), std::string::npos) << host.message;
  for (const char* const url : {"file:", "file:///", "file:relative/folder", "file:///tmp/channel?x=1"}) {
    EXPECT_EQ(Refused(url).code, Code::kInvalid) << url;
  }
  std::ofstream(root_ / "plain") << "not a folder";
  for (const std::string& path : {(root_ / "plain").native(), (root_ / "plain/below").native()}) {
    const Error error = Refused("file://" + path);
    EXPECT_EQ(error.code, Code::kInvalid);
    EXPECT_TRUE(error.message.starts_with(StrCat("file://", path, ": cannot use this folder: "))) << error.message;
    EXPECT_TRUE(error.message.ends_with("; name a folder that you may read")) << error.message;
  }
}

// In a process of its own, as a user who is not root.
TEST_F(FileStoreTest, ReadsWhereItMayNotWrite) {
  constexpr uid_t kNobody = 65534;
  std::filesystem::create_directory(root_ / "closed");
  std::ofstream(root_ / "closed/key") << "value";
  chmod(root_.c_str(), 0755);
  chmod((root_ / "closed").c_str(), 0555);
  const pid_t child = Fork([this] {
    if (geteuid() == 0 && setuid(kNobody) != 0) return false;
    const auto store = Open("/closed");
    if (Load(*store, Key("key")).value().text() != "value") return false;
    const Error error = Save(*store, Key("other"), {}).error();
    return error.code == Code::kInvalid && error.message.find("Permission denied; name a folder") != std::string::npos;
  });
  EXPECT_EQ(StatusOf(child), 0);
}

TEST_F(FileStoreTest, ReadingWhereNothingIsLeavesNothing) {
  {
    const auto store = Open("/misspelt");
    EXPECT_EQ(Load(*store, Key("key")).error().code, Code::kNotFound);
    EXPECT_TRUE(store->List(Key()).value().empty());
  }
  EXPECT_FALSE(std::filesystem::exists(root_ / "misspelt"));
}

TEST_F(FileStoreTest, IsCreatedWithTheFoldersAboveIt) {
  const auto store = Open("/a/b/c//");
  ASSERT_TRUE(Save(*store, Key("key"), AsBytes("value")).ok());
  EXPECT_EQ(FilesBelow(root_ / "a/b/c"), (Names{"%tmp", "key"}));
  EXPECT_TRUE(store->limits().survives_process);
}

TEST_F(FileStoreTest, LeavesNothingBehind) {
  {
    const auto store = Open();
    ASSERT_TRUE(Save(*store, Key("job/1/x"), AsBytes("value")).ok());
    ASSERT_TRUE(Save(*store, Key("job/2/y"), AsBytes("value")).ok());
    EXPECT_EQ(SaveIfAbsent(*store, Key("job/1/x"), AsBytes("value")).error().code, Code::kConflict);
    EXPECT_EQ(Save(*store, Key("job/1"), AsBytes("value")).error().code, Code::kInvalid);
    EXPECT_EQ(FilesBelow(root_ / "store/%tmp"), Names());
    ASSERT_TRUE(Clear(*store, Key("job/1")).ok());
  }
  EXPECT_EQ(FilesBelow(root_ / "store"), (Names{"job", "job/2", "job/2/y"}));
  ASSERT_TRUE(Clear(*Open(), Key("job")).ok());
  EXPECT_EQ(FilesBelow(root_ / "store"), Names());
}

TEST_F(FileStoreTest, IsNotDisturbedByFilesThatAreNotItsOwn) {
  std::filesystem::create_directories(root_ / "store/%tmp");
  for (const char* const name : {"store/%tmp/1.0", "store/a note.txt", "store/%41"}) std::ofstream(root_ / name) << "x";
  const auto store = Open();
  ASSERT_TRUE(Save(*store, Key("A"), AsBytes("value")).ok());
  const auto entries = store->List(Key());
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries.value().size(), 1U);
  EXPECT_EQ(entries.value()[0].key.text(), "A");
  EXPECT_EQ(entries.value()[0].bytes, 5U);
}

class LaterClock final : public Clock {
 public:
  Time Now() const override { return system_.Now(); }
  void SleepUntil(Time time) override { system_.SleepUntil(time); }
  std::int64_t UnixMs() const override { return system_.UnixMs() + milliseconds(hours(2)).count(); }

 private:
  SystemClock system_;
};

TEST_F(FileStoreTest, RemovesOldTemporariesWhenItIsOpened) {
  std::filesystem::create_directories(root_ / "store/%tmp");
  std::ofstream(root_ / "store/%tmp/1.0") << "x";
  Open();
  EXPECT_EQ(FilesBelow(root_ / "store/%tmp"), Names{"1.0"});
  LaterClock later;
  ASSERT_TRUE(OpenStore(StrCat("file://", root_.native(), "/store"), {.clock = later}).ok());
  EXPECT_EQ(FilesBelow(root_ / "store"), Names());
}

// Files of deleted values are written again; a reader must notice when that happens under its hands.
TEST_F(FileStoreTest, AValueIsNeverReadUnderAnotherKey) {
  constexpr int kTurns = 400;
  const std::vector<Key> keys{Key("k/0"), Key("k/1"), Key("k/2"), Key("k/3")};
  std::atomic<int> writing{2};
  const auto write = [this, &keys, &writing](std::size_t first) {
    const auto store = Open();
    for (int i = 0; i < kTurns; ++i) {
      for (std::size_t k = first; k < keys.size(); k += 2) {
        std::string value = keys[k].text();
        value.resize(value.size() + static_cast<std::size_t>(i) * 7, '.');
        EXPECT_TRUE(Save(*store, keys[k], AsBytes(value)).ok());
      }
      for (std::size_t k = first; k < keys.size(); k += 2) EXPECT_TRUE(Remove(*store, keys[k]).ok());
    }
    --writing;
  };
  const std::jthread even([&write] { write(0); });
  const std::jthread odd([&write] { write(1); });
  const auto store = Open();
  while (writing > 0) {
    const auto values = store->Get(keys);
    ASSERT_TRUE(values.ok()) << values.error().message;
    for (std::size_t k = 0; k < keys.size(); ++k) {
      if (!values.value()[k]) continue;
      const std::string_view text = values.value()[k]->text();
      ASSERT_TRUE(text.starts_with(keys[k].text())) << text << " is not of " << keys[k].text();
      ASSERT_EQ(text.find_first_not_of('.', keys[k].text().size()), std::string_view::npos) << text;
    }
  }
}

TEST_F(FileStoreTest, WorksOnWhenItsFolderIsRemoved) {
  const auto store = Open();
  ASSERT_TRUE(Save(*store, Key("a/b"), AsBytes("one")).ok());
  EXPECT_EQ(LoadOrWait(*store, Key("a/none"), clock_.Now() + milliseconds(1)).error().code, Code::kTimeout);
  std::filesystem::remove_all(root_ / "store");
  const std::jthread writer([&store] { EXPECT_TRUE(Save(*store, Key("a/none"), AsBytes("two")).ok()); });
  const auto value = LoadOrWait(*store, Key("a/none"), clock_.Now() + hours(1));
  ASSERT_TRUE(value.ok()) << value.error().message;
  EXPECT_EQ(value.value().text(), "two");
}

// Each folder is emptied, and so removed, by one thread while the other waits for a key in it.
TEST_F(FileStoreTest, WaitSurvivesTheRemovalOfTheFolderItWatches) {
  constexpr int kTurns = 100;
  const auto store = Open();
  const Clock::Time deadline = clock_.Now() + hours(1);
  const auto play = [&store, deadline](const std::string& mine, const std::string& theirs) {
    for (int i = 0; i < kTurns; ++i) {
      EXPECT_TRUE(Save(*store, Key(StrCat("turn/", mine, i)), {}).ok());
      const Key awaited(StrCat("turn/", theirs, i));
      EXPECT_TRUE(LoadOrWait(*store, awaited, deadline).ok());
      EXPECT_TRUE(Remove(*store, awaited).ok());
    }
  };
  {
    const std::jthread other([&play] { play("b", "a"); });
    play("a", "b");
  }
  EXPECT_FALSE(std::filesystem::exists(root_ / "store/turn"));
}

TEST_F(FileStoreTest, TwoProcessesMeetThroughWait) {
  constexpr int kTurns = 100;
  const Clock::Time deadline = clock_.Now() + hours(1);
  const auto play = [this, deadline](const std::string& mine, const std::string& theirs) {
    const auto store = Open();
    for (int i = 0; i < kTurns; ++i) {
      if (!Save(*store, Key(StrCat("turn/", mine, i)), AsBytes(StrCat(i))).ok()) return false;
      const auto value = LoadOrWait(*store, Key(StrCat("turn/", theirs, i)), deadline);
      if (!value.ok() || value.value().text() != StrCat(i)) return false;
    }
    return true;
  };
  const pid_t child = Fork([&play] { return play("child", "parent"); });
  EXPECT_TRUE(play("parent", "child"));
  EXPECT_EQ(StatusOf(child), 0);
}

// The writer is killed while it writes one value after the other.
TEST_F(FileStoreTest, AKilledWriterLeavesNoPartOfAValue) {
  constexpr std::size_t kSize = 8U << 20U;
  constexpr int kWritesMax = 1000;
  const pid_t child = Fork([this] {
    const auto store = Open();
    const Bytes value(kSize, std::byte{1});
    for (int i = 0; i < kWritesMax; ++i) {
      if (!Save(*store, Key(StrCat("big/", i)), value).ok()) return false;
      if (!Remove(*store, Key(StrCat("big/", i - 1))).ok()) return false;
      if (i == 2 && !Save(*store, Key("started"), {}).ok()) return false;
    }
    return false;
  });
  const auto store = Open();
  ASSERT_TRUE(LoadOrWait(*store, Key("started"), clock_.Now() + hours(1)).ok());
  kill(child, SIGKILL);
  StatusOf(child);
  const auto entries = store->List(Key());
  ASSERT_TRUE(entries.ok()) << entries.error().message;
  EXPECT_LE(entries.value().size(), 3U);
  for (const Entry& entry : entries.value()) {
    if (entry.key.text() == "started") continue;
    EXPECT_TRUE(entry.key.text().starts_with("big/")) << entry.key.text();
    EXPECT_EQ(entry.bytes, kSize) << entry.key.text();
  }
}

}  // namespace
}  // namespace lambdaml
