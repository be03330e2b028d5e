// SPDX-License-Identifier: Apache-2.0
#include "coordination/checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "storage/ops.h"
#include "storage/testing/scripted_store.h"
#include "storage/testing/virtual_clock.h"

namespace lambdaml {
namespace {

CheckpointManifest Manifest(std::int64_t number, std::int64_t restart = 0) {
  return {.number = number,
          .call = 10 * number,
          .restart = restart,
          .ranks = 2,
          .rounds = 9 * number,
          .epochs = 0.5,
          .loss = 0.25,
          .unix_ms = 1'795'398'300'000,
          .committed_by = "i-1"};
}

class CheckpointTest : public ::testing::Test {
 protected:
  VirtualClock clock_;
  ScriptedStore store_{clock_};
  Checkpoints checkpoints_{store_, Key("records/test/1/checkpoint")};
};

TEST_F(CheckpointTest, AJobWithoutAHeadIsAtItsBeginning) { EXPECT_EQ(checkpoints_.Head().value(), JobHead()); }

TEST_F(CheckpointTest, TheHeadNamesWhatWasCommitted) {
  EXPECT_TRUE(checkpoints_.Commit(Manifest(1)).value());
  EXPECT_EQ(checkpoints_.Head().value(), JobHead{.checkpoint = Manifest(1)});
  EXPECT_TRUE(checkpoints_.Commit(Manifest(2)).value());
  EXPECT_EQ(checkpoints_.Head().value().checkpoint, Manifest(2));
}

TEST_F(CheckpointTest, WhoComesSecondFindsItDone) {
  EXPECT_TRUE(checkpoints_.Commit(Manifest(2)).value());
  CheckpointManifest other = Manifest(2);
  other.committed_by = "i-2";
  EXPECT_FALSE(checkpoints_.Commit(other).value());
  EXPECT_FALSE(checkpoints_.Commit(Manifest(1)).value());
  EXPECT_EQ(checkpoints_.Head().value().checkpoint, Manifest(2));
}

TEST_F(CheckpointTest, ARestartIsDeclaredOnce) {
  ASSERT_TRUE(checkpoints_.Commit(Manifest(1)).value());
  const JobHead declared = checkpoints_.DeclareRestart(0, "i-1", "the channel has lost data").value();
  EXPECT_EQ(declared.restart, 1);
  EXPECT_EQ(declared.checkpoint, Manifest(1));
  EXPECT_EQ(checkpoints_.DeclareRestart(0, "i-2", "likewise").value(), declared);
  EXPECT_EQ(checkpoints_.Head().value(), declared);
  EXPECT_EQ(checkpoints_.DeclareRestart(1, "i-2", "again").value().restart, 2);
}

TEST_F(CheckpointTest, ACheckpointOfBeforeARestartIsNotCommittedAfterIt) {
  ASSERT_TRUE(checkpoints_.Commit(Manifest(1)).value());
  ASSERT_TRUE(checkpoints_.DeclareRestart(0, "i-1", "lost").ok());
  EXPECT_EQ(checkpoints_.Commit(Manifest(2, 0)).error().code, Code::kConflict);
  EXPECT_EQ(checkpoints_.Head().value().checkpoint, Manifest(1));
  EXPECT_TRUE(checkpoints_.Commit(Manifest(2, 1)).value());
  EXPECT_EQ(checkpoints_.Head().value().why, "lost");
}

TEST_F(CheckpointTest, AHeadThatWentBackIsToldAndNotHidden) {
  EXPECT_EQ(checkpoints_.Commit(Manifest(3, 2)).error().code, Code::kInternal);
  EXPECT_EQ(checkpoints_.DeclareRestart(2, "i-1", "lost").error().code, Code::kInternal);
}

// Between its look at the head and its put, somebody else commits or declares a restart.
TEST_F(CheckpointTest, ACommitThatMeetsAnotherWriterDecidesAgain) {
  Checkpoints other(store_.inner(), Key("records/test/1/checkpoint"));
  store_.before = [&other](std::string_view name, int number) -> Result<void> {
    if (name == "Put" && number == 1) {
      EXPECT_TRUE(other.Commit(Manifest(1)).value());
    }
    if (name == "Put" && number == 3) {
      EXPECT_TRUE(other.DeclareRestart(0, "i-2", "lost").ok());
    }
    if (name == "Put" && number == 4) {
      EXPECT_TRUE(other.DeclareRestart(1, "i-2", "lost").ok());
    }
    return {};
  };
  EXPECT_TRUE(checkpoints_.Commit(Manifest(2)).value());
  EXPECT_EQ(store_.Count("Put"), 2);
  EXPECT_EQ(checkpoints_.Commit(Manifest(3)).error().code, Code::kConflict);
  EXPECT_EQ(checkpoints_.DeclareRestart(1, "i-1", "likewise").value().restart, 2);
  EXPECT_EQ(checkpoints_.Head().value().by, "i-2");
  EXPECT_EQ(checkpoints_.Head().value().checkpoint, Manifest(2));
}

TEST_F(CheckpointTest, PartsAreReadAsTheyWereWritten) {
  ASSERT_TRUE(checkpoints_.WritePart(Manifest(1), kSharedPart, AsBytes("parameters")).ok());
  ASSERT_TRUE(checkpoints_.WritePart(Manifest(1), 0, AsBytes("zero")).ok());
  ASSERT_TRUE(checkpoints_.WritePart(Manifest(1), 1, {}).ok());
  EXPECT_EQ(checkpoints_.ReadPart(Manifest(1), kSharedPart).value().text(), "parameters");
  EXPECT_EQ(checkpoints_.ReadPart(Manifest(1), 0).value().text(), "zero");
  EXPECT_EQ(checkpoints_.ReadPart(Manifest(1), 1).value().text(), "");
  EXPECT_EQ(checkpoints_.ReadPart(Manifest(1), 2).error().code, Code::kNotFound);
  EXPECT_EQ(checkpoints_.ReadPart(Manifest(2), 0).error().code, Code::kNotFound);
}

// The example of docs/formats/coordination.md.
TEST_F(CheckpointTest, APartHasTheBytesThatAreDocumented) {
  const Bytes part = EncodePart({.number = 4, .restart = 1, .part = 2}, AsBytes("state"));
  std::string hex;
  for (const std::byte byte : part) {
    for (const unsigned digit : {std::to_integer<unsigned>(byte) >> 4U, std::to_integer<unsigned>(byte) & 15U}) {
      hex += "0123456789abcdef"[digit];
    }
  }
  EXPECT_EQ(hex,
            "4c4d435001000000040000000000000001000000000000000200000000000000"
            "0500000000000000000000000cc882bc7374617465");
}

// Whatever bit is wrong, however short or long the value is.
TEST_F(CheckpointTest, NoDamagedPartIsAccepted) {
  const PartName name{.number = 4, .restart = 1, .part = 2};
  const Bytes part = EncodePart(name, AsBytes("state"));
  EXPECT_EQ(DecodePart(name, Blob(part)).value().text(), "state");
  for (std::size_t bit = 0; bit < 8 * part.size(); ++bit) {
    Bytes damaged = part;
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_EQ(DecodePart(name, Blob(damaged)).error().code, Code::kInvalid) << bit;
  }
  for (std::size_t size = 0; size < part.size(); ++size) {
    EXPECT_EQ(DecodePart(name, Blob(part).Slice(0, size)).error().code, Code::kInvalid) << size;
  }
  Bytes longer = part;
  longer.push_back(std::byte{0});
  EXPECT_EQ(DecodePart(name, Blob(longer)).error().message, "length is 5 instead of 6");
  EXPECT_EQ(DecodePart({.number = 5, .restart = 1, .part = 2}, Blob(part)).error().message, "number is 4 instead of 5");
  EXPECT_EQ(DecodePart({.number = 4, .restart = 1}, Blob(part)).error().message, "part is 2 instead of -1");
}

TEST_F(CheckpointTest, AWriterOfBeforeARestartSpoilsNothing) {
  ASSERT_TRUE(checkpoints_.WritePart(Manifest(2, 1), 0, AsBytes("new")).ok());
  ASSERT_TRUE(checkpoints_.WritePart(Manifest(2, 0), 0, AsBytes("old")).ok());
  EXPECT_EQ(checkpoints_.ReadPart(Manifest(2, 1), 0).value().text(), "new");
}

TEST_F(CheckpointTest, DroppedPartsAreGoneAndNoOthers) {
  for (const std::int64_t number : {1, 11, 2}) {
    for (const std::int64_t part : {kSharedPart, std::int64_t{0}, std::int64_t{1}}) {
      ASSERT_TRUE(checkpoints_.WritePart(Manifest(number), part, AsBytes("x")).ok());
    }
  }
  ASSERT_TRUE(checkpoints_.Commit(Manifest(2)).ok());
  ASSERT_TRUE(checkpoints_.Drop(Manifest(1)).ok());
  EXPECT_EQ(ListBelow(store_, Key("records/test/1/checkpoint")).value().size(), 7U);
  EXPECT_EQ(checkpoints_.ReadPart(Manifest(1), 0).error().code, Code::kNotFound);
  EXPECT_TRUE(checkpoints_.ReadPart(Manifest(11), 0).ok());
}

TEST_F(CheckpointTest, DamageIsNamed) {
  const Key key("records/test/1/checkpoint/0.1/shared");
  ASSERT_TRUE(checkpoints_.WritePart(Manifest(1), kSharedPart, AsBytes("parameters")).ok());
  Bytes damaged = ToBytes(Load(store_, key).value().span());
  damaged.back() ^= std::byte{1};
  ASSERT_TRUE(Save(store_, key, damaged).ok());
  const Error error = checkpoints_.ReadPart(Manifest(1), kSharedPart).error();
  EXPECT_EQ(error.code, Code::kInvalid);
  EXPECT_TRUE(error.message.starts_with("records/test/1/checkpoint/0.1/shared in ")) << error.message;
  EXPECT_NE(error.message.find("checksum"), std::string::npos) << error.message;
}

TEST_F(CheckpointTest, AHeadIsReadAsItWasWrittenAndDamageIsRefused) {
  JobHead head{.restart = 2, .by = "i-1", .why = "a \"why\"\n", .checkpoint = Manifest(4)};
  const std::string good = ToJson(head);
  EXPECT_EQ(ParseJobHead(good).value(), head);
  for (std::size_t i = 0; i < good.size(); ++i) EXPECT_EQ(ParseJobHead(good.substr(0, i)).error().code, Code::kInvalid);
  for (const char* number : {"0", "-1", "9007199254740994", "18446744073709551615", "1.5", "\"1\"", "null"}) {
    std::string damaged = good;
    damaged.replace(damaged.find("\"number\":4") + 9, 1, number);
    EXPECT_FALSE(ParseJobHead(damaged).ok()) << damaged;
  }
}

TEST_F(CheckpointTest, ALossThatIsNotFiniteCanBeKept) {
  for (const double loss : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    JobHead head{.checkpoint = Manifest(1)};
    head.checkpoint->loss = loss;
    EXPECT_TRUE(std::isnan(ParseJobHead(ToJson(head)).value().checkpoint->loss));
  }
}

}  // namespace
}  // namespace lambdaml
