// SPDX-License-Identifier: Apache-2.0

// The commands of storage, from words to what they print and leave.

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/text.h"
#include "cli/interrupts.h"
#include "cli/testing.h"

namespace lambdaml {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Ran;
using testing::TemporaryFolder;
using Texts = std::vector<std::string>;

class StorageCommands : public ::testing::Test {
 protected:
  Ran Run(Texts words, TextTerminal terminal = {}) {
    words.insert(words.begin(), "storage");
    return testing::RunIn(home_, words, std::move(terminal));
  }
  void Put(const std::string& key, std::string_view text) {
    const Ran ran = Run({"put", url_, key}, Piped(text));
    ASSERT_EQ(ran.exit, 0) << ran.err;
  }
  static TextTerminal Piped(std::string_view text) {
    TextTerminal terminal;
    terminal.in = text;
    return terminal;
  }
  static TextTerminal Person(std::optional<std::string> answer = {}) {
    TextTerminal terminal({.interactive = true});
    terminal.answer = std::move(answer);
    return terminal;
  }
  Texts Keys() {
    Texts keys;
    const json listed = json::parse(Run({"ls", url_, "--json"}).out);
    for (const json& entry : listed["keys"]) keys.push_back(entry["key"]);
    return keys;
  }
  // An error is one line that begins so, and tells an exit code.
  static void ExpectError(const Ran& ran, int exit, const std::string& line) {
    EXPECT_EQ(ran.exit, exit);
    EXPECT_EQ(ran.err, StrCat("lambdaml: storage ", line, "\n"));
    EXPECT_EQ(ran.out, "");
  }

  TemporaryFolder home_;
  std::string url_ = StrCat("file://", home_ / "channel");
};

TEST_F(StorageCommands, PutGetAndRemove) {
  const Ran put = Run({"put", url_, "a/b"}, Piped("hello\n"));
  EXPECT_TRUE(put.out.starts_with(StrCat(url_, ": a/b, 6 B, in "))) << put.out;
  EXPECT_EQ(Run({"get", url_, "a/b"}).out, "hello\n");
  EXPECT_EQ(Run({"put", url_, "c", home_.Write("file", "from a file")}).exit, 0);
  EXPECT_EQ(Run({"get", url_, "c", "-"}).out, "from a file");
  EXPECT_EQ(Run({"rm", url_, "a/b", "c", "none"}).out, StrCat(url_, ": 3 keys deleted\n"));
  EXPECT_EQ(Keys(), Texts());
}

TEST_F(StorageCommands, APathIsAChannelToo) {
  Put("k", "x");
  EXPECT_EQ(Run({"get", home_ / "channel", "k"}).out, "x");
  EXPECT_EQ(Run({"get", "$HOME/channel", "k"}).out, "x");
}

TEST_F(StorageCommands, PutIfAbsentReplacesNothing) {
  EXPECT_EQ(Run({"put", url_, "k", "--if-absent"}, Piped("1")).exit, 0);
  const Ran second = Run({"put", url_, "k", "-", "--if-absent"}, Piped("2"));
  EXPECT_EQ(second.exit, 2);
  EXPECT_NE(second.err.find("exists already"), std::string::npos) << second.err;
  EXPECT_EQ(Run({"get", url_, "k"}).out, "1");
}

TEST_F(StorageCommands, PutNeedsAFileThatCanBeRead) {
  ExpectError(Run({"put", url_, "k", home_ / "none"}), 2,
              StrCat("put: cannot open ", home_ / "none", ": No such file or directory"));
  ExpectError(Run({"put", url_, "k", "/dev/null"}), 2, "put: /dev/null is not a file: pipe it in instead");
  EXPECT_EQ(Run({"put", url_, "k", home_.path()}).exit, 2);
  EXPECT_EQ(Keys(), Texts());
}

TEST_F(StorageCommands, GetIntoAFile) {
  Put("k", "hello");
  const std::string file = home_ / "new/file";
  const Ran ran = Run({"get", url_, "k", file});
  EXPECT_TRUE(ran.out.starts_with(StrCat(file, ": 5 B, in "))) << ran.out;
  EXPECT_EQ(ReadFile(file).value().text(), "hello");
}

TEST_F(StorageCommands, GetOfARange) {
  Put("k", "0123456789");
  EXPECT_EQ(Run({"get", url_, "k", "--range", "2-4"}).out, "234");
  EXPECT_EQ(Run({"get", url_, "k", "--range", "7-"}).out, "789");
  EXPECT_EQ(Run({"get", url_, "k", "--range", "0-99"}).out, "0123456789");
  EXPECT_EQ(Run({"get", url_, "k", "--range", "10-"}).out, "");
  EXPECT_EQ(Run({"get", url_, "k", home_ / "part", "--range", "0-0"}).exit, 0);
  EXPECT_EQ(ReadFile(home_ / "part").value().text(), "0");
  for (const std::string range : {"x", "4", "4-2", "-3", "1-x", "-"}) {
    ExpectError(Run({"get", url_, "k", StrCat("--range=", range)}), 2,
                StrCat("get: --range '", range, "': write FIRST-LAST, as 0-99 for the first hundred bytes"));
  }
}

TEST_F(StorageCommands, GetOfNothing) {
  ExpectError(Run({"get", url_, "none"}), 2,
              StrCat("get: there is no none in ", url_, "; `lambdaml storage ls ", url_, "` lists the keys"));
  EXPECT_EQ(Run({"get", url_, "none", home_ / "file"}).exit, 2);
  EXPECT_FALSE(fs::exists(home_ / "file"));
}

TEST_F(StorageCommands, GetPrintsNoBinaryOnATerminal) {
  Put("binary", std::string_view("a\0b", 3));
  Put("escape", "\x1b[2J");
  Put("text", "caf\xc3\xa9\n");
  ExpectError(Run({"get", url_, "binary"}, Person()), 2,
              StrCat("get: ", url_, ": binary is not text: name a FILE for it, or send it into a pipe"));
  EXPECT_EQ(Run({"get", url_, "escape"}, Person()).exit, 2);
  EXPECT_EQ(Run({"get", url_, "text"}, Person()).out, "caf\xc3\xa9\n");
  EXPECT_EQ(Run({"get", url_, "binary"}).out.size(), 3U);
}

TEST_F(StorageCommands, GetIntoWhatIsNoFile) {
  Put("k", "x");
  ExpectError(Run({"get", url_, "k", home_.path()}), 2,
              StrCat("get: ", url_, ": ", home_.path().string(), " is a folder: name a file"));
  const std::string file = home_.Write("file", "");
  EXPECT_EQ(Run({"get", url_, "k", file + "/below"}).exit, 2);
  EXPECT_EQ(Run({"get", url_, "k", "/dev/null"}).exit, 2);
}

TEST_F(StorageCommands, LsShowsKeysAndSizes) {
  Put("a/1", "x");
  Put("a/22", std::string(2048, 'x'));
  Put("b", "");
  EXPECT_EQ(Run({"ls", url_}).out, StrCat("1 B      a/1\n2.0 KiB  a/22\n0 B      b\n", url_, ": 3 keys, 2.0 KiB\n"));
  EXPECT_EQ(Run({"ls", url_, "a/2"}).out, StrCat("2.0 KiB  a/22\n", url_, ": 1 key, 2.0 KiB\n"));
  EXPECT_EQ(Run({"ls", url_, "--limit", "1"}).out,
            StrCat("1 B  a/1\n", url_, ": 3 keys, 2.0 KiB; the first 1 are shown\n"));
  const json listed = json::parse(Run({"ls", url_, "a/", "--json", "--limit", "1"}).out);
  EXPECT_EQ(listed["channel"], url_);
  EXPECT_EQ(listed["count"], 2);
  EXPECT_EQ(listed["bytes"], 2049);
  EXPECT_EQ(listed["keys"].size(), 1U);
}

TEST_F(StorageCommands, LsOfAnEmptyPrefix) {
  EXPECT_EQ(Run({"ls", url_}).out, StrCat(url_, ": 0 keys, 0 B\n"));
  EXPECT_EQ(Run({"ls", url_, "none/"}).exit, 0);
}

TEST_F(StorageCommands, WaitUntilSomebodyWrites) {
  std::jthread writer([this] { Put("k", "now"); });
  const Ran ran = Run({"wait", url_, "k", "--timeout", "1m"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_TRUE(ran.out.starts_with(StrCat(url_, ": k, 3 B, after "))) << ran.out;
}

TEST_F(StorageCommands, WaitGivesUp) {
  ExpectError(Run({"wait", url_, "k", "--timeout", "10ms"}), 1,
              StrCat("wait: nobody wrote k in ", url_, " within 10ms"));
  ExpectError(Run({"wait", url_, "k", "--timeout", "soon"}), 2,
              "wait: --timeout 'soon': write a duration, as 500ms, 30s or 5m");
}

TEST_F(StorageCommands, ClearAsksOnATerminal) {
  for (const std::string key : {"a/1", "a/2", "ab"}) Put(key, "x");
  const Ran no = Run({"clear", url_, "a"}, Person("n"));
  EXPECT_EQ(no.out, StrCat("delete 2 keys, 2 B below a in ", url_, "? [y/N] nothing was deleted\n"));
  EXPECT_EQ(no.exit, 1);
  EXPECT_EQ(Keys().size(), 3U);
  const Ran yes = Run({"clear", url_, "a"}, Person("y"));
  EXPECT_TRUE(yes.out.ends_with(StrCat(url_, ": 2 keys below a deleted\n"))) << yes.out;
  EXPECT_EQ(Keys(), Texts{"ab"});
}

TEST_F(StorageCommands, ClearWithoutATerminalNeedsYes) {
  for (const std::string key : {"a/1", "a/2", "ab"}) Put(key, "x");
  ExpectError(Run({"clear", url_, "a"}), 2,
              StrCat("clear: would delete 2 keys, 2 B below a in ", url_, ": give --yes to do so without being asked"));
  EXPECT_EQ(Run({"clear", url_, "a", "--yes"}).exit, 0);
  EXPECT_EQ(Run({"clear", url_, "a"}).out, StrCat(url_, ": 0 keys below a deleted\n"));
  EXPECT_EQ(Keys(), Texts{"ab"});
}

TEST_F(StorageCommands, ClearNeverTakesEverything) {
  Put("k", "x");
  EXPECT_EQ(Run({"clear", url_, "", "--yes"}).exit, 2);
  EXPECT_EQ(Run({"clear", url_}).exit, 2);
  EXPECT_EQ(Keys(), Texts{"k"});
}

TEST_F(StorageCommands, CpOfFoldersFilesAndChannels) {
  home_.Write("in/a", "1");
  home_.Write("in/b/c d", "22");
  const Ran up = Run({"cp", home_ / "in", url_});
  EXPECT_TRUE(up.out.starts_with(StrCat(url_, ": 2 keys, 3 B from ", home_ / "in", ", in "))) << up.out;
  EXPECT_EQ(Keys(), (Texts{"a", "b/c d"}));
  EXPECT_EQ(Run({"cp", home_.Write("single", "333"), url_}).exit, 0);
  EXPECT_EQ(Keys(), (Texts{"a", "b/c d", "single"}));
  EXPECT_EQ(Run({"cp", url_, home_ / "out"}).exit, 0);
  EXPECT_EQ(ReadFile(home_ / "out/b/c d").value().text(), "22");
  const std::string other = StrCat("file://", home_ / "other");
  EXPECT_EQ(Run({"cp", url_, other}).exit, 0);
  EXPECT_EQ(Run({"get", other, "single"}).out, "333");
}

TEST_F(StorageCommands, CpRefusesWhatMakesNoSense) {
  ExpectError(Run({"cp", home_ / "a", home_ / "b"}), 2,
              StrCat("cp: ", home_ / "a", " and ", home_ / "b",
                     " are both paths: write one of them as a URL, as file:///folder"));
  Put("k", "x");
  const std::string file = home_.Write("file", "");
  ExpectError(Run({"cp", url_, file}), 2,
              StrCat("cp: ", file, " is not a folder; `lambdaml storage get ", url_, " KEY ", file,
                     "` reads one value into a file"));
  EXPECT_EQ(Run({"cp", home_ / "none", url_}).exit, 2);
  EXPECT_EQ(Run({"cp", StrCat("file://", home_ / "none"), home_ / "out"}).exit, 2);
  EXPECT_FALSE(fs::exists(home_ / "out"));
}

TEST_F(StorageCommands, ADownloadNeverLeavesItsFolder) {
  Put("../escaped", "x");
  const std::string out = home_ / "deep/out";
  ExpectError(Run({"cp", url_, out}), 2,
              StrCat("cp: ", url_, ": the key '../escaped' is no path below ", out,
                     ": nothing was downloaded; download single keys into files"));
  EXPECT_FALSE(fs::exists(home_ / "deep"));
}

TEST_F(StorageCommands, CpOnATerminalShowsABar) {
  home_.Write("in/a", "1");
  const Ran ran = Run({"cp", home_ / "in", url_}, Person());
  EXPECT_NE(ran.out.find("[>"), std::string::npos) << ran.out;
}

TEST_F(StorageCommands, AnInterruptEndsACopyBetweenTwoRequests) {
  home_.Write("in/a", "1");
  const Interrupts outer = Interrupts::Begin().value();
  ASSERT_EQ(::kill(::getpid(), SIGINT), 0);
  ExpectError(Run({"cp", home_ / "in", url_}), 1,
              StrCat("cp: ", url_, ": interrupted; values that were finished stay, none is there in part"));
  EXPECT_EQ(Keys(), Texts());
}

TEST_F(StorageCommands, BenchMeasuresAndCleansUp) {
  Put("mine", "x");
  const Ran ran = Run({"bench", url_, "--seconds", "0.05", "--value-bytes", "100", "--json"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const json report = json::parse(ran.out);
  Texts requests;
  for (const json& row : report["rows"]) {
    requests.push_back(row["request"]);
    EXPECT_GE(row["calls"], 1);
    EXPECT_LE(row["p50_seconds"], row["p99_seconds"]);
    EXPECT_EQ(row["value_bytes"], 100);
  }
  EXPECT_EQ(requests, (Texts{"put", "get", "put of 64", "get of 64", "wait, round trip"}));
  EXPECT_GT(report["requests"], 0);
  EXPECT_EQ(Keys(), Texts{"mine"});
  Texts left;
  for (const auto& entry : fs::directory_iterator(home_ / "channel")) left.push_back(entry.path().filename());
  EXPECT_EQ(left, Texts{"mine"});
}

TEST_F(StorageCommands, BenchPrintsATable) {
  const Ran ran = Run({"bench", "memory:", "--seconds", "0.01"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_TRUE(ran.out.starts_with("request ")) << ran.out;
  EXPECT_NE(ran.out.find("1.0 MiB"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("\nmemory: "), std::string::npos) << ran.out;
  EXPECT_EQ(ran.out.find("wait"), std::string::npos) << ran.out;  // nobody else sees these values
}

TEST_F(StorageCommands, AnInterruptedBenchCleansUp) {
  const Interrupts outer = Interrupts::Begin().value();
  ASSERT_EQ(::kill(::getpid(), SIGTERM), 0);
  ExpectError(Run({"bench", url_, "--seconds", "600"}), 1,
              StrCat("bench: ", url_, ": interrupted; what was written is deleted again"));
  EXPECT_EQ(Keys(), Texts());
}

TEST_F(StorageCommands, BadPlacesAreNamedWithoutTheirSecrets) {
  for (const std::string verb : {"ls", "bench"}) {
    const Ran ran = Run({verb, "ftp://user:secret@host/x"});
    EXPECT_EQ(ran.exit, 2);
    EXPECT_TRUE(ran.err.starts_with(StrCat("lambdaml: storage ", verb, ": ftp://host/x: no storage is called 'ftp:'")))
        << ran.err;
  }
  ExpectError(Run({"ls", "memory:///x"}), 2,
              "ls: memory:///x: a store in memory has no folders or settings, write memory: or memory://name");
  EXPECT_EQ(Run({"ls", "file://host/x"}).exit, 2);
  EXPECT_EQ(Run({"ls", "redis://u:secret@$NOWHERE/x"}).err.find("secret"), std::string::npos);
  EXPECT_EQ(Run({"ls", "redis://u:se/cret@host"}).err.find("cret"), std::string::npos);
  EXPECT_EQ(Run({"cp", "://", url_}).exit, 2);
}

TEST_F(StorageCommands, BadKeysAreRefused) {
  const std::string key(1000, 'k');
  for (const Texts& words : {Texts{"put", url_, key}, Texts{"get", url_, key}, Texts{"rm", url_, key}}) {
    const Ran ran = Run(words, Piped("x"));
    EXPECT_EQ(ran.exit, 2);
    EXPECT_NE(ran.err.find("has 1000 bytes: use at most 900"), std::string::npos) << ran.err;
    EXPECT_NE(ran.err.find(url_), std::string::npos) << ran.err;
  }
  EXPECT_EQ(Run({"put", url_, "a\nb"}, Piped("x")).exit, 2);
}

TEST_F(StorageCommands, MissingArgumentsAreNamed) {
  ExpectError(Run({"rm", url_}), 2, "rm: KEY is missing (what to delete; what is not there is no error); see --help");
  ExpectError(Run({"get", url_}), 2, "get: KEY is missing (which value); see --help");
  ExpectError(Run({"ls"}), 2, "ls: URL is missing (a channel: a URL or a folder); see --help");
  EXPECT_NE(Run({"rm", "--help"}).out.find("Usage: lambdaml storage rm URL KEY..."), std::string::npos);
}

}  // namespace
}  // namespace lambdaml
