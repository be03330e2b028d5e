// SPDX-License-Identifier: Apache-2.0
#include "storage/store_conformance.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/text.h"
#include "storage/ops.h"

namespace lambdaml {

using std::chrono::hours;
using std::chrono::milliseconds;

namespace {

constexpr std::uint64_t kLargeBytes = 64U << 20U;
constexpr std::size_t kManyKeys = 2500;
constexpr int kRounds = 10;
constexpr std::size_t kRacers = 16;

std::vector<Key> Keys(std::initializer_list<const char*> texts) {
  std::vector<Key> keys;
  for (const char* const text : texts) keys.emplace_back(text);
  return keys;
}

std::string TextOf(const std::optional<Blob>& value) { return value ? std::string(value->text()) : "(absent)"; }

std::vector<std::string> TextsOf(const Result<Values>& values) {
  std::vector<std::string> texts;
  if (!values.ok()) return {values.error().message};
  for (const auto& value : values.value()) texts.push_back(TextOf(value));
  return texts;
}

using Texts = std::vector<std::string>;

// Bytes that differ with the place and the writer, so that a torn read shows.
Bytes Pattern(std::size_t size, unsigned writer) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i * 31 + writer) & 0xFFU);
  return bytes;
}

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreConformance);

void StoreConformance::SetUp() {
  const std::string whole = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string name = whole.substr(0, whole.rfind('/'));
  for (const std::string_view skipped : SplitText(GetParam().skip, ' ')) {
    if (skipped == name) GTEST_SKIP() << GetParam().why;
  }
}

void StoreConformance::Write(const std::string& key, std::string_view text) {
  const auto saved = Save(store(), Key(key), AsBytes(text));
  ASSERT_TRUE(saved.ok()) << key << ": " << saved.error().message;
}

std::string StoreConformance::Read(const std::string& key) {
  const Key asked(key);
  const auto values = store().Get({&asked, 1});
  return values.ok() ? TextOf(values.value()[0]) : values.error().message;
}

Texts StoreConformance::Listed(const std::string& prefix) {
  Texts keys;
  const auto entries = store().List(Key(prefix));
  if (!entries.ok()) return {entries.error().message};
  for (const Entry& entry : entries.value()) keys.push_back(entry.key.text());
  return keys;
}

TEST_P(StoreConformance, AbsentKeysAreNotThere) {
  EXPECT_EQ(Read("a"), "(absent)");
  EXPECT_EQ(Read("a/b/c"), "(absent)");
  EXPECT_EQ(Listed(""), Texts());
  EXPECT_EQ(Listed("a/b"), Texts());
  const auto loaded = Load(store(), Key("a/b"));
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, Code::kNotFound);
  EXPECT_NE(loaded.error().message.find("a/b"), std::string::npos);
  EXPECT_NE(loaded.error().message.find(store().name()), std::string::npos);
}

TEST_P(StoreConformance, EmptyCallsDoNothing) {
  EXPECT_TRUE(store().Put({}).ok());
  EXPECT_EQ(TextsOf(store().Get({})), Texts());
  EXPECT_TRUE(store().Delete({}).ok());
}

TEST_P(StoreConformance, AValueComesBack) {
  Write("a", "one");
  EXPECT_EQ(Read("a"), "one");
  Write("a", "two");
  EXPECT_EQ(Read("a"), "two");
  Write("a", "");
  EXPECT_EQ(Read("a"), "");
}

TEST_P(StoreConformance, ALargeValueComesBack) {
  const auto size = static_cast<std::size_t>(std::min(kLargeBytes, limits().value_bytes_max));
  const Bytes large = Pattern(size, 7);
  ASSERT_TRUE(Save(store(), Key("large"), large).ok());
  const auto loaded = Load(store(), Key("large"));
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  ASSERT_EQ(loaded.value().size(), size);
  EXPECT_EQ(std::memcmp(loaded.value().data(), large.data(), size), 0);
  const auto entries = store().List(Key("large"));
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries.value().size(), 1U);
  EXPECT_EQ(entries.value()[0].bytes, size);
}

TEST_P(StoreConformance, AKeyMayHoldAnyPrintableText) {
  Texts keys = {
      ".hidden",   "..",      ".",       "x/../y",  "x/./y",           "a//b", "/a", "c/", "//", "%", "%41", "%tmp/1.1",
      "x.tmp.1.1", "größe/π", "数据/块", "a b/ c ", "\xF0\x9F\x90\x8D"};
  for (char c = ' '; c <= '~'; ++c) keys.push_back(std::string("byte-") + c + "-");
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys) Write(key, StrCat("value of ", key));
  for (const std::string& key : keys) EXPECT_EQ(Read(key), StrCat("value of ", key));
  EXPECT_EQ(Listed(""), keys);
  EXPECT_EQ(Listed("/"), (Texts{"//", "/a"}));
  EXPECT_EQ(Listed("a/"), Texts{"a//b"});
  EXPECT_EQ(Listed("c/"), Texts{"c/"});
}

TEST_P(StoreConformance, AKeyHasOneByteOrMoreUpToTheLimit) {
  ASSERT_GE(limits().key_bytes_max, 150U);
  std::string longest(limits().key_bytes_max, 'k');
  for (std::size_t i = 99; i < longest.size(); i += 100) longest[i] = '/';
  longest.back() = 'k';
  Write(longest, "here");
  EXPECT_EQ(Read(longest), "here");
  for (const Key& wrong : {Key(), Key(longest + "k"), Key("\xFF"), Key("line\n")}) {
    const auto saved = Save(store(), wrong, AsBytes("x"));
    ASSERT_FALSE(saved.ok());
    EXPECT_EQ(saved.error().code, Code::kInvalid);
    EXPECT_EQ(Load(store(), wrong).error().code, Code::kInvalid);
    EXPECT_EQ(LoadOrWait(store(), wrong, clock_.Now()).error().code, Code::kInvalid);
    EXPECT_EQ(Remove(store(), wrong).error().code, Code::kInvalid);
  }
  EXPECT_EQ(Listed(longest + "k"), Texts());
}

TEST_P(StoreConformance, AKeyMayBeTheFolderOfOthersIfTheLimitsSaySo) {
  Write("a/b", "inner");
  const auto outer = Save(store(), Key("a"), AsBytes("outer"));
  const auto innermost = Save(store(), Key("a/b/c"), AsBytes("innermost"));
  if (limits().nests_values) {
    EXPECT_EQ(Listed(""), (Texts{"a", "a/b", "a/b/c"}));
    return;
  }
  ASSERT_FALSE(outer.ok());
  EXPECT_EQ(outer.error().code, Code::kInvalid);
  ASSERT_FALSE(innermost.ok());
  EXPECT_EQ(innermost.error().code, Code::kInvalid);
  const auto again = SaveIfAbsent(store(), Key("a"), AsBytes("outer"));
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Code::kInvalid);
  EXPECT_EQ(TextsOf(store().Get(Keys({"a", "a/b", "a/b/c"}))), (Texts{"(absent)", "inner", "(absent)"}));
  EXPECT_TRUE(store().Delete(Keys({"a", "a/b/c"})).ok());
  EXPECT_EQ(Listed(""), Texts{"a/b"});
  EXPECT_TRUE(Remove(store(), Key("a/b")).ok());
  Write("a", "free again");
}

TEST_P(StoreConformance, ListIsInKeyOrderHoweverManyThereAre) {
  Texts names;
  for (std::size_t i = 0; i < kManyKeys; ++i) names.push_back(StrCat("many/", i % 7, "/", (i * 7919) % kManyKeys));
  std::vector<PutItem> items;
  for (const std::string& name : names) items.push_back({.key = Key(name), .value = AsBytes(name)});
  ASSERT_TRUE(store().Put(items).ok());
  Write("manx", "before");
  Write("many.", "beside");
  std::sort(names.begin(), names.end());
  EXPECT_EQ(Listed("many/"), names);
}

TEST_P(StoreConformance, APrefixIsAText) {
  for (const char* const key : {"job/1/x", "job/10/x", "job/1-", "job/1.5", "job0", "joa"}) Write(key, "");
  EXPECT_EQ(Listed("job/1"), (Texts{"job/1-", "job/1.5", "job/1/x", "job/10/x"}));
  EXPECT_EQ(Listed("job/1/"), Texts{"job/1/x"});
  EXPECT_EQ(Listed("jo"), (Texts{"joa", "job/1-", "job/1.5", "job/1/x", "job/10/x", "job0"}));
  EXPECT_EQ(Listed("job/1/x"), Texts{"job/1/x"});
  EXPECT_EQ(Listed("job/1/x/"), Texts());
  EXPECT_EQ(Listed("job/2"), Texts());
}

TEST_P(StoreConformance, ABatchKeepsItsOrderAndItsDuplicates) {
  const std::vector<PutItem> items{{.key = Key("a"), .value = AsBytes("first")},
                                   {.key = Key("b"), .value = AsBytes("bee")},
                                   {.key = Key("a"), .value = AsBytes("last")}};
  ASSERT_TRUE(store().Put(items).ok());
  EXPECT_EQ(TextsOf(store().Get(Keys({"b", "none", "a", "b"}))), (Texts{"bee", "(absent)", "last", "bee"}));
  EXPECT_EQ(TextsOf(store().Wait(Keys({"b", "b"}), {.deadline = clock_.Now(), .at_least = 2})), (Texts{"bee", "bee"}));
}

TEST_P(StoreConformance, IfAbsentWritesOnlyWhatIsNotThere) {
  ASSERT_TRUE(SaveIfAbsent(store(), Key("a/b"), AsBytes("first")).ok());
  const auto second = SaveIfAbsent(store(), Key("a/b"), AsBytes("second"));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::kConflict);
  EXPECT_NE(second.error().message.find("a/b"), std::string::npos);
  EXPECT_EQ(Read("a/b"), "first");
  const std::vector<PutItem> items{{.key = Key("a/b"), .value = AsBytes("x"), .condition = Condition::kIfAbsent},
                                   {.key = Key("a/c"), .value = AsBytes("new"), .condition = Condition::kIfAbsent}};
  EXPECT_EQ(store().Put(items).error().code, Code::kConflict);
  EXPECT_EQ(TextsOf(store().Get(Keys({"a/b", "a/c"}))), (Texts{"first", "new"}));
}

TEST_P(StoreConformance, OneOfManyWinsARaceForAnAbsentKey) {
  for (int round = 0; round < kRounds; ++round) {
    const Key key(StrCat("race/", round, "/winner"));
    std::atomic<int> winners{0};
    std::atomic<int> losers{0};
    {
      std::vector<std::jthread> racers;
      for (std::size_t i = 0; i < kRacers; ++i) {
        racers.emplace_back([this, &key, &winners, &losers, i] {
          const auto saved = SaveIfAbsent(store(), key, AsBytes(StrCat(i)));
          if (saved.ok()) ++winners;
          if (!saved.ok() && saved.error().code == Code::kConflict) ++losers;
        });
      }
    }
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(losers, static_cast<int>(kRacers) - 1);
  }
}

TEST_P(StoreConformance, IfEqualsWritesOnlyOverWhatIsExpected) {
  const auto replace = [this](std::string_view expected, std::string_view value) {
    const PutItem item{.key = Key("lease/1"),
                       .value = AsBytes(value),
                       .condition = Condition::kIfEquals,
                       .expected = AsBytes(expected)};
    const auto put = store().Put({&item, 1});
    return put.ok() ? "done" : std::string(Name(put.error().code));
  };
  const std::string conflict(Name(Code::kConflict));
  EXPECT_EQ(replace("", "first"), conflict);
  Write("lease/1", "one");
  EXPECT_EQ(replace("zero", "two"), conflict);
  EXPECT_EQ(Read("lease/1"), "one");
  EXPECT_EQ(replace("one", "two"), "done");
  EXPECT_EQ(replace("one", "three"), conflict);
  EXPECT_EQ(Read("lease/1"), "two");
  EXPECT_EQ(replace("two", ""), "done");
  EXPECT_EQ(replace("", "four"), "done");
  EXPECT_EQ(Read("lease/1"), "four");
}

TEST_P(StoreConformance, OneOfManyWinsARaceForAValue) {
  const Key key("race/lease");
  Write(key.text(), "start");
  for (int round = 0; round < kRounds; ++round) {
    const std::string held = Read(key.text());
    std::atomic<int> winners{0};
    {
      std::vector<std::jthread> racers;
      for (std::size_t i = 0; i < kRacers; ++i) {
        racers.emplace_back([this, &key, &held, &winners, round, i] {
          const std::string mine = StrCat(round, ".", i);
          const PutItem item{
              .key = key, .value = AsBytes(mine), .condition = Condition::kIfEquals, .expected = AsBytes(held)};
          const auto put = store().Put({&item, 1});
          if (put.ok()) ++winners;
          EXPECT_TRUE(put.ok() || put.error().code == Code::kConflict) << put.error().message;
        });
      }
    }
    EXPECT_EQ(winners, 1);
  }
}

TEST_P(StoreConformance, ReadGivesPartsAndSizes) {
  const Bytes large = Pattern(3'000'000, 5);
  ASSERT_TRUE(Save(store(), Key("large"), large).ok());
  Write("small", "0123456789");
  Write("empty", "");
  const std::vector<Range> ranges{{.key = Key("small"), .offset = 2, .length = 3},
                                  {.key = Key("none"), .offset = 0, .length = 5},
                                  {.key = Key("small"), .offset = 8},
                                  {.key = Key("small"), .offset = 10, .length = 1},
                                  {.key = Key("small"), .offset = 99},
                                  {.key = Key("empty")},
                                  {.key = Key("large"), .offset = 0, .length = 0},
                                  {.key = Key("large"), .offset = 1'234'567, .length = 1'000'001}};
  const auto parts = store().Read(ranges);
  ASSERT_TRUE(parts.ok()) << parts.error().message;
  const auto text = [&parts](std::size_t i) {
    const auto& part = parts.value()[i];
    return part ? StrCat(part->bytes.text(), " of ", part->value_bytes) : "(absent)";
  };
  EXPECT_EQ(text(0), "234 of 10");
  EXPECT_EQ(text(1), "(absent)");
  EXPECT_EQ(text(2), "89 of 10");
  EXPECT_EQ(text(3), " of 10");
  EXPECT_EQ(text(4), " of 10");
  EXPECT_EQ(text(5), " of 0");
  EXPECT_EQ(text(6), " of 3000000");
  ASSERT_TRUE(parts.value()[7].has_value());
  EXPECT_TRUE(std::ranges::equal(parts.value()[7]->bytes.span(), std::span(large).subspan(1'234'567, 1'000'001)));
}

TEST_P(StoreConformance, AReaderSeesAWholeValueOrAnother) {
  constexpr std::size_t kSize = 40'000;
  constexpr unsigned kWriters = 3;
  constexpr int kWrites = 60;
  const Key key("torn/value");
  ASSERT_TRUE(Save(store(), key, Pattern(kSize, 0)).ok());
  std::atomic<unsigned> writing{kWriters};
  std::vector<std::jthread> writers;
  for (unsigned writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([this, &key, &writing, writer] {
      const Bytes mine = Pattern(kSize + writer, writer);
      for (int i = 0; i < kWrites; ++i) EXPECT_TRUE(Save(store(), key, mine).ok());
      --writing;
    });
  }
  while (writing > 0) {
    const auto value = Load(store(), key);
    ASSERT_TRUE(value.ok()) << value.error().message;
    ASSERT_GE(value.value().size(), kSize);
    const auto writer = static_cast<unsigned>(value.value().size() - kSize);
    const Bytes whole = Pattern(value.value().size(), writer);
    ASSERT_EQ(std::memcmp(value.value().data(), whole.data(), whole.size()), 0) << "torn, by writer " << writer;
  }
}

TEST_P(StoreConformance, WaitReturnsAtOnceWhatIsThere) {
  Write("a", "here");
  EXPECT_EQ(TextsOf(store().Wait(Keys({"a"}), {.deadline = clock_.Now() + hours(1)})), Texts{"here"});
  EXPECT_EQ(TextsOf(store().Wait(Keys({"none", "a"}), {.deadline = clock_.Now() + hours(1)})),
            (Texts{"(absent)", "here"}));
  EXPECT_EQ(TextsOf(store().Wait({}, {.deadline = clock_.Now() + hours(1)})), Texts());
  EXPECT_EQ(TextsOf(store().Wait(Keys({"a", "a"}), {.deadline = clock_.Now() + hours(1), .at_least = 9})),
            (Texts{"here", "here"}));
  EXPECT_EQ(TextsOf(store().Wait(Keys({"none"}), {.deadline = clock_.Now() + hours(1), .at_least = 0})),
            Texts{"(absent)"});
}

TEST_P(StoreConformance, WaitTimesOutWithWhatIsThere) {
  Write("a", "here");
  const Clock::Time deadline = clock_.Now() + milliseconds(30);
  EXPECT_EQ(TextsOf(store().Wait(Keys({"a", "x/none"}), {.deadline = deadline, .at_least = 2})),
            (Texts{"here", "(absent)"}));
  EXPECT_GE(clock_.Now(), deadline);
  EXPECT_EQ(TextsOf(store().Wait(Keys({"a", "x/none"}), {.deadline = {}, .at_least = 2})), (Texts{"here", "(absent)"}));
  const auto waited = LoadOrWait(store(), Key("x/none"), clock_.Now());
  ASSERT_FALSE(waited.ok());
  EXPECT_EQ(waited.error().code, Code::kTimeout);
  EXPECT_NE(waited.error().message.find("x/none"), std::string::npos);
}

// The two threads take turns: each waits for what the other writes next.
TEST_P(StoreConformance, WaitSeesWhatAnotherThreadWritesLater) {
  constexpr int kTurns = 50;
  const Clock::Time deadline = clock_.Now() + hours(1);
  const std::jthread other([this, deadline] {
    for (int i = 0; i < kTurns; ++i) {
      EXPECT_TRUE(LoadOrWait(store(), Key(StrCat("ping/", i)), deadline).ok());
      Write(StrCat("pong/", i), StrCat(i));
    }
  });
  for (int i = 0; i < kTurns; ++i) {
    Write(StrCat("ping/", i), "");
    const auto answer = LoadOrWait(store(), Key(StrCat("pong/", i)), deadline);
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer.value().text(), StrCat(i));
  }
}

TEST_P(StoreConformance, WaitReturnsWhenEnoughAreThere) {
  const std::vector<Key> keys = Keys({"w/0", "w/1", "w/2", "v/3", "never"});
  const std::jthread writer([this, &keys] {
    for (std::size_t i = 0; i < 4; ++i) Write(keys[i].text(), keys[i].text());
  });
  const auto some = store().Wait(keys, {.deadline = clock_.Now() + hours(1), .at_least = 2});
  ASSERT_TRUE(some.ok());
  const auto there = [](const std::optional<Blob>& value) { return value.has_value(); };
  EXPECT_GE(std::count_if(some.value().begin(), some.value().end(), there), 2);
  EXPECT_EQ(TextsOf(store().Wait(keys, {.deadline = clock_.Now() + hours(1), .at_least = 4})),
            (Texts{"w/0", "w/1", "w/2", "v/3", "(absent)"}));
}

TEST_P(StoreConformance, AnUrgentKeyEndsAWait) {
  const std::vector<Key> keys = Keys({"stop", "u/never", "u/here"});
  Write("u/here", "here");
  const WaitOptions all{.deadline = clock_.Now() + hours(1), .at_least = 3, .urgent = 1};
  const std::jthread other([this] {
    std::this_thread::sleep_for(milliseconds(5));
    Write("stop", "now");
  });
  EXPECT_EQ(TextsOf(store().Wait(keys, all)), (Texts{"now", "(absent)", "here"}));
  EXPECT_EQ(TextsOf(store().Wait(keys, all)), (Texts{"now", "(absent)", "here"}));
}

TEST_P(StoreConformance, AWaitWithAnUrgentKeyEndsWhenEnoughOthersAreThere) {
  Write("u/1", "1");
  Write("u/2", "2");
  const std::vector<Key> keys = Keys({"stop", "u/1", "u/2", "u/never"});
  const WaitOptions two{.deadline = clock_.Now() + hours(1), .at_least = 2, .urgent = 1};
  EXPECT_EQ(TextsOf(store().Wait(keys, two)), (Texts{"(absent)", "1", "2", "(absent)"}));
  // More urgent keys than keys: each is one.
  EXPECT_EQ(TextsOf(store().Wait(Keys({"u/1", "stop"}), {.deadline = two.deadline, .at_least = 2, .urgent = 9})),
            (Texts{"1", "(absent)"}));
}

TEST_P(StoreConformance, TheKindOfAWaitChangesNothingButTheTime) {
  Write("e", "here");
  for (int i = 0; i < 3; ++i) {
    const WaitOptions options{.deadline = clock_.Now() + milliseconds(10), .at_least = 2, .kind = 7};
    EXPECT_EQ(TextsOf(store().Wait(Keys({"e", "e"}), options)), (Texts{"here", "here"}));
    EXPECT_EQ(TextsOf(store().Wait(Keys({"e", "x/none"}), options)), (Texts{"here", "(absent)"}));
  }
}

TEST_P(StoreConformance, WaitEndsWhenCancelled) {
  std::atomic<bool> cancelled{false};
  std::atomic<bool> started{false};
  const std::jthread other([&cancelled, &started] {
    while (!started) std::this_thread::yield();
    cancelled = true;
  });
  started = true;
  const auto values = store().Wait(Keys({"none"}), {.deadline = clock_.Now() + hours(1), .cancelled = &cancelled});
  EXPECT_EQ(TextsOf(values), Texts{"(absent)"});
}

TEST_P(StoreConformance, ManyThreadsWaitAtOnce) {
  const Clock::Time deadline = clock_.Now() + hours(1);
  std::vector<std::jthread> waiters;
  for (int i = 0; i < 8; ++i) {
    waiters.emplace_back([this, deadline, i] {
      Write(StrCat("meet/", i), "");
      std::vector<Key> all;
      for (int j = 0; j < 8; ++j) all.emplace_back(StrCat("meet/", j));
      const auto values = store().Wait(all, {.deadline = deadline, .at_least = all.size()});
      EXPECT_EQ(TextsOf(values), Texts(8));
    });
  }
}

TEST_P(StoreConformance, DeletingWhatIsNotThereSucceeds) {
  Write("d/1", "x");
  Write("d/2", "x");
  Write("d/3", "x");
  EXPECT_TRUE(Remove(store(), Key("d/1")).ok());
  EXPECT_EQ(Listed(""), (Texts{"d/2", "d/3"}));
  EXPECT_TRUE(store().Delete(Keys({"d/1", "none", "no/folder", "d/2", "d/2", "d/3"})).ok());
  EXPECT_EQ(Listed(""), Texts());
  Write("d/1", "again");
  EXPECT_EQ(Read("d/1"), "again");
}

TEST_P(StoreConformance, AReadValueOutlivesItsKey) {
  const Bytes small = Pattern(1000, 1);
  const Bytes large = Pattern(3'000'000, 2);
  ASSERT_TRUE(Save(store(), Key("small"), small).ok());
  ASSERT_TRUE(Save(store(), Key("large"), large).ok());
  const Values values = store().Get(Keys({"small", "large"})).value();
  ASSERT_TRUE(Save(store(), Key("large"), small).ok());
  ASSERT_TRUE(store().Delete(Keys({"small", "large"})).ok());
  EXPECT_TRUE(std::ranges::equal(values[0]->span(), small));
  EXPECT_TRUE(std::ranges::equal(values[1]->span(), large));
}

TEST_P(StoreConformance, ClearStaysBelowItsPrefix) {
  for (const char* const key : {"a/1", "a/x/y", "abc", "ab/1", "a-", "b"}) Write(key, "");
  const auto cleared = Clear(store(), Key("a"));
  ASSERT_TRUE(cleared.ok()) << cleared.error().message;
  EXPECT_EQ(cleared.value(), 2U);
  EXPECT_EQ(Listed(""), (Texts{"a-", "ab/1", "abc", "b"}));
  EXPECT_EQ(Clear(store(), Key("a")).value(), 0U);
  EXPECT_EQ(Clear(store(), Key()).error().code, Code::kInvalid);
  Write("a/1", "");
  EXPECT_EQ(Clear(store(), Key("a/")).value(), 1U);
}

}  // namespace lambdaml
