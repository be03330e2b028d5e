// SPDX-License-Identifier: Apache-2.0
#include "storage/layers/chunk.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/random.h"
#include "storage/layers/chunk_format.h"
#include "storage/ops.h"
#include "storage/testing/scripted_store.h"

namespace lambdaml {
namespace {

constexpr std::size_t kChunk = 100;

class Chunk : public ::testing::Test {
 protected:
  Chunk() {
    auto scripted = std::make_unique<ScriptedStore>(clock_);
    below_ = scripted.get();
    below_->own_limits().value_bytes_max = kChunk;
    store_ = WithChunks(std::move(scripted), clock_, 5);
  }

  std::string Loaded(const std::string& key) {
    const auto value = Load(*store_, Key(key));
    return value.ok() ? std::string(value.value().text()) : value.error().message;
  }

  void Write(const std::string& key, const std::string& text) {
    const auto saved = Save(*store_, Key(key), AsBytes(text));
    ASSERT_TRUE(saved.ok()) << saved.error().message;
  }

  Result<void> Replace(const std::string& expected, const std::string& value) {
    const PutItem item{
        .key = Key("a"), .value = AsBytes(value), .condition = Condition::kIfEquals, .expected = AsBytes(expected)};
    return store_->Put({&item, 1});
  }

  std::size_t KeysBelow() { return below_->inner().List(Key()).value().size(); }
  std::size_t KeysSeen() { return store_->List(Key()).value().size(); }

  SystemClock clock_;
  ScriptedStore* below_ = nullptr;
  std::unique_ptr<Store> store_;
};

// Text of that many characters, all different from those of another writer.
std::string Text(std::size_t size, unsigned writer) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('!' + (i / 7 + 13 * writer) % 90);
  return text;
}

TEST_F(Chunk, CutsOnlyWhatIsTooLarge) {
  for (const std::size_t size : {0U, 1U, 100U, 101U, 200U, 201U, 1000U, 12345U}) {
    Write("a", Text(size, 1));
    EXPECT_EQ(Loaded("a"), Text(size, 1));
    const auto entries = store_->List(Key()).value();
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].bytes, size);
    EXPECT_EQ(KeysBelow(), size <= kChunk ? 1 : 1 + (size + kChunk - 1) / kChunk);
  }
}

TEST_F(Chunk, ReplacingAndDeletingLeavesNothing) {
  for (unsigned i = 0; i < 5; ++i) Write("a", Text(950, i));
  EXPECT_EQ(KeysBelow(), 11U);
  EXPECT_EQ(Loaded("a"), Text(950, 4));
  ASSERT_TRUE(Remove(*store_, Key("a")).ok());
  EXPECT_EQ(KeysBelow(), 0U);
}

TEST_F(Chunk, OfOneKeyTwiceInABatchTheLastCounts) {
  const std::string one = Text(500, 1);
  const std::string other = Text(700, 2);
  const std::vector<PutItem> items{{.key = Key("a"), .value = AsBytes(one)},
                                   {.key = Key("b"), .value = AsBytes("small")},
                                   {.key = Key("a"), .value = AsBytes(other)}};
  ASSERT_TRUE(store_->Put(items).ok());
  EXPECT_EQ(Loaded("a"), other);
  EXPECT_EQ(Loaded("b"), "small");
  EXPECT_EQ(KeysBelow(), 2U + 7);
}

TEST_F(Chunk, TakesTwoRoundTripsHoweverManyChunksThereAre) {
  const std::string value = Text(5000, 1);
  Write("a", value);
  EXPECT_EQ(below_->Count("Put"), 2);
  EXPECT_EQ(below_->Count("Read"), 1);  // at the same time as the first
  EXPECT_EQ(below_->Count("Delete"), 0);
  const std::vector<Key> keys{Key("a"), Key("none"), Key("a")};
  const Values values = store_->Get(keys).value();
  EXPECT_EQ(values[0]->text(), value);
  EXPECT_FALSE(values[1].has_value());
  EXPECT_EQ(values[2]->text(), value);
  EXPECT_EQ(below_->Count("Get"), 2);
}

TEST_F(Chunk, DeletingWhatItWroteItselfInOnePieceTakesOneRoundTrip) {
  Write("a", "small");
  ASSERT_TRUE(Remove(*store_, Key("a")).ok());
  EXPECT_EQ(below_->Count("Read"), 0);
  ASSERT_TRUE(Remove(*store_, Key("a")).ok());
  EXPECT_EQ(below_->Count("Read"), 1);
}

TEST_F(Chunk, PartsAreReadWithoutTheRest) {
  const std::string value = Text(2345, 3);
  Write("a", value);
  Random random(1, 2);
  for (int i = 0; i < 500; ++i) {
    const std::uint64_t offset = random.Below(2600);
    const std::uint64_t length = random.Below(i % 2 == 0 ? 60 : 2600);
    const Range range{.key = Key("a"), .offset = offset, .length = length};
    const Slices parts = store_->Read({&range, 1}).value();
    const std::string expected = value.substr(std::min<std::size_t>(offset, value.size()), length);
    ASSERT_EQ(parts[0]->bytes.text(), expected) << offset << " " << length;
    ASSERT_EQ(parts[0]->value_bytes, value.size());
  }
}

TEST_F(Chunk, AValueThatLooksLikeAManifestStaysAValue) {
  const chunk::ManifestBytes bytes = chunk::Write({.generation = 1, .value_bytes = 10, .chunk_bytes = 5});
  const std::string look(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Write("a", look);
  EXPECT_EQ(Loaded("a"), look);
  EXPECT_EQ(store_->List(Key()).value()[0].bytes, look.size());
  const Range range{.key = Key("a"), .offset = 2, .length = 5};
  EXPECT_EQ(store_->Read({&range, 1}).value()[0]->bytes.text(), look.substr(2, 5));
  EXPECT_TRUE(Replace(look, "plain").ok());
  EXPECT_EQ(Loaded("a"), "plain");
  EXPECT_EQ(Replace(look, "x").error().code, Code::kConflict);
  EXPECT_EQ(KeysBelow(), 1U);
}

TEST_F(Chunk, APlainValueOfAManifestsSizeIsReadInParts) {
  const std::string value = Text(chunk::kManifestBytes, 1);
  Write("a", value);
  const Range range{.key = Key("a"), .offset = 40, .length = 5};
  EXPECT_EQ(store_->Read({&range, 1}).value()[0]->bytes.text(), value.substr(40, 5));
  ASSERT_TRUE(Remove(*store_, Key("a")).ok());
  EXPECT_EQ(KeysBelow(), 0U);
}

TEST_F(Chunk, ConditionsHoldForLargeValues) {
  const std::string one = Text(500, 1);
  const std::string two = Text(600, 2);
  EXPECT_EQ(Replace(one, two).error().code, Code::kConflict);
  EXPECT_TRUE(SaveIfAbsent(*store_, Key("a"), AsBytes(one)).ok());
  EXPECT_EQ(SaveIfAbsent(*store_, Key("a"), AsBytes(two)).error().code, Code::kConflict);
  EXPECT_EQ(Replace(two, one).error().code, Code::kConflict);
  EXPECT_EQ(Replace("small", two).error().code, Code::kConflict);
  EXPECT_EQ(Loaded("a"), one);
  EXPECT_EQ(KeysBelow(), 1U + 5);
  EXPECT_TRUE(Replace(one, two).ok());
  EXPECT_EQ(Loaded("a"), two);
  EXPECT_EQ(KeysBelow(), 1U + 6);
  EXPECT_TRUE(Replace(two, "small").ok());
  EXPECT_EQ(Loaded("a"), "small");
  EXPECT_EQ(KeysBelow(), 1U);
  EXPECT_TRUE(Replace("small", one).ok());
  EXPECT_EQ(Loaded("a"), one);
}

TEST_F(Chunk, OneConflictDoesNotKeepTheOthersOfABatch) {
  const std::string one = Text(500, 1);
  const std::string two = Text(600, 2);
  Write("held", one);
  const std::vector<PutItem> items{
      {.key = Key("held"), .value = AsBytes(two), .condition = Condition::kIfAbsent},
      {.key = Key("b"), .value = AsBytes(two), .condition = Condition::kIfAbsent},
      {.key = Key("c"), .value = AsBytes(two)},
      {.key = Key("d"), .value = AsBytes(two), .condition = Condition::kIfEquals, .expected = AsBytes(one)}};
  EXPECT_EQ(store_->Put(items).error().code, Code::kConflict);
  EXPECT_EQ(Loaded("held"), one);
  EXPECT_EQ(Loaded("b"), two);
  EXPECT_EQ(Loaded("c"), two);
  EXPECT_EQ(KeysBelow(), 3U + 5 + 6 + 6);
}

// As if the writer was killed after the chunks.
TEST_F(Chunk, WhatAKilledWriterLeavesIsListedAndCleared) {
  Write("x/a", Text(300, 1));
  below_->before = [](std::string_view call, int number) -> Result<void> {
    if (call == "Put" && number == 4) return Error{Code::kInternal, "killed"};
    return {};
  };
  EXPECT_FALSE(Save(*store_, Key("x/a"), AsBytes(Text(400, 2))).ok());
  EXPECT_EQ(Loaded("x/a"), Text(300, 1));
  const auto entries = store_->List(Key("x/")).value();
  ASSERT_EQ(entries.size(), 5U);
  EXPECT_EQ(entries[0].bytes, 300U);
  EXPECT_TRUE(chunk::ParseChunkKey(entries[1].key).has_value());
  EXPECT_EQ(Load(*store_, entries[1].key).value().size(), kChunk);
  EXPECT_EQ(Clear(*store_, Key("x")).value(), 5U);
  EXPECT_EQ(KeysBelow(), 0U);
}

TEST_F(Chunk, ChunksThatCouldNotBeWrittenAreTakenBack) {
  below_->after = [](std::string_view call, int) -> Result<void> {
    if (call == "Put") return Error{Code::kUnavailable, "cut off"};
    return {};
  };
  EXPECT_FALSE(Save(*store_, Key("a"), AsBytes(Text(400, 2))).ok());
  EXPECT_EQ(KeysBelow(), 0U);
}

// The manifest may have been written, or may be still, so its chunks stay.
TEST_F(Chunk, AnAnswerThatWasLostLosesNoValue) {
  below_->after = [](std::string_view call, int number) -> Result<void> {
    if (call == "Put" && number == 2) return Error{Code::kUnavailable, "cut off"};
    return {};
  };
  EXPECT_FALSE(Save(*store_, Key("a"), AsBytes(Text(400, 2))).ok());
  EXPECT_EQ(Loaded("a"), Text(400, 2));
  EXPECT_EQ(KeysSeen(), 1U);
}

TEST_F(Chunk, ADamagedManifestIsAnErrorAndCanBeDeletedOrReplaced) {
  Write("a", Text(400, 2));
  const Bytes good = ToBytes(Load(below_->inner(), Key("a")).value().span());
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    ASSERT_TRUE(Save(below_->inner(), Key("a"), bad).ok());
    const auto loaded = Load(*store_, Key("a"));
    ASSERT_FALSE(loaded.ok()) << bit;
    ASSERT_EQ(loaded.error().message, "cannot read a in memory:: what tells the chunks of the value is damaged");
    const Range range{.key = Key("a"), .offset = 1, .length = 1};
    ASSERT_FALSE(store_->Read({&range, 1}).ok());
    ASSERT_EQ(KeysSeen(), 5U);
  }
  Write("a", Text(400, 3));
  EXPECT_EQ(Loaded("a"), Text(400, 3));
  EXPECT_EQ(Clear(*store_, Key("a")).value(), 0U);
}

TEST_F(Chunk, AMissingChunkIsAnErrorButInACacheTheValueIsGone) {
  Write("a", Text(400, 2));
  const Key second = below_->inner().List(Key("a.chunk-")).value()[1].key;
  ASSERT_TRUE(Remove(below_->inner(), second).ok());
  const auto loaded = Load(*store_, Key("a"));
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, Code::kUnavailable);
  EXPECT_EQ(loaded.error().message, "a chunk of a is missing in memory:: write the value again");
  below_->own_limits().keeps_everything = false;
  EXPECT_EQ(Load(*store_, Key("a")).error().code, Code::kNotFound);
  EXPECT_EQ(LoadOrWait(*store_, Key("a"), clock_.Now() + std::chrono::milliseconds(30)).error().code, Code::kTimeout);
}

TEST_F(Chunk, KeysThatEndLikeAChunksAreRefused) {
  const auto saved = Save(*store_, Key("a.chunk-00112233aabbccdd-00002"), AsBytes("x"));
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, Code::kInvalid);
  Write("a.chunk-00112233aabbccdd-0000", "x");
}

TEST_F(Chunk, AValueOfTooManyChunksIsRefused) {
  EXPECT_EQ(store_->limits().value_bytes_max, 100'000 * kChunk);
  const std::string huge(store_->limits().value_bytes_max + 1, 'x');
  const auto saved = Save(*store_, Key("a"), AsBytes(huge));
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, Code::kInvalid);
}

// Writers put values of all sizes, others delete; whoever reads sees one of the values, whole, or none.
TEST_F(Chunk, AReaderSeesAWholeValueWhateverHappensMeanwhile) {
  constexpr unsigned kWriters = 3;
  std::atomic<unsigned> writing{kWriters + 1};
  std::vector<std::jthread> threads;
  for (unsigned writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([this, &writing, writer] {
      for (std::size_t i = 0; i < 150; ++i) Write("a", Text(20 + writer + 3 * ((i * 331) % 500), writer));
      --writing;
    });
  }
  threads.emplace_back([this, &writing] {
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(Remove(*store_, Key("a")).ok());
    --writing;
  });
  const Range part{.key = Key("a"), .offset = 15, .length = 400};
  const Key key("a");
  while (writing > 0) {
    const Values values = store_->Wait({&key, 1}, {.deadline = clock_.Now()}).value();
    if (values[0]) {
      const std::string text(values[0]->text());
      EXPECT_EQ(text, Text(text.size(), static_cast<unsigned>((text.size() - 20) % 3)));
    }
    const Slices parts = store_->Read({&part, 1}).value();
    if (parts[0]) {
      const std::uint64_t size = parts[0]->value_bytes;
      EXPECT_EQ(parts[0]->bytes.text(), Text(size, static_cast<unsigned>((size - 20) % 3)).substr(15, 400));
    }
    EXPECT_TRUE(store_->List(Key()).ok());
  }
}

}  // namespace
}  // namespace lambdaml
