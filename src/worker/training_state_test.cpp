// SPDX-License-Identifier: Apache-2.0
#include "worker/training_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "base/random.h"

namespace lambdaml {
namespace {

const std::vector<float> kValues = {1, -2, 3};
constexpr std::size_t kParameters = 3;

TrainingProgress Example() {
  TrainingProgress state{.rounds = 7, .epochs = 1.75, .seconds = 12.5, .ending = Ending::kSeconds};
  state.epoch_score = {.loss = 3, .correct = 4, .squares = 0.5, .rows = 6};
  state.rule = {.best_loss = 0.25, .without_better = 2};
  state.best_loss = 0.5;
  state.curve = {{.round = 4, .epoch = 1, .seconds = 6, .loss = 0.75, .accuracy = 0.5, .test = {}},
                 {.round = 7, .epoch = 1.75, .seconds = 9, .loss = 0.5, .rmse = 0.125, .test = Metrics{.loss = 1}}};
  state.curve[0].measures = {{"primal", 0.5}, {"", -1}};
  state.curve[1].test = Metrics{.loss = 1, .accuracy = 0.5, .auc = 0.75, .rmse = {}, .rows = 60};
  state.begin = {4, 5, 6};
  state.best = kValues;
  return state;
}

Bytes Written(const JobSpec& spec, const TrainingProgress& state) {
  return WriteShared(spec, state, kValues, AsBytes("what the algorithm knows"));
}

void ExpectEqual(const TrainingProgress& a, const TrainingProgress& b) {
  EXPECT_EQ(a.rounds, b.rounds);
  EXPECT_EQ(a.epochs, b.epochs);
  EXPECT_EQ(a.seconds, b.seconds);
  EXPECT_EQ(a.ending, b.ending);
  EXPECT_EQ(a.epoch_score.loss, b.epoch_score.loss);
  EXPECT_EQ(a.epoch_score.correct, b.epoch_score.correct);
  EXPECT_EQ(a.epoch_score.squares, b.epoch_score.squares);
  EXPECT_EQ(a.epoch_score.rows, b.epoch_score.rows);
  EXPECT_EQ(a.rule, b.rule);
  EXPECT_EQ(a.best_loss, b.best_loss);
  EXPECT_EQ(a.begin, b.begin);
  EXPECT_EQ(a.best, b.best);
  ASSERT_EQ(a.curve.size(), b.curve.size());
  for (std::size_t i = 0; i < a.curve.size(); ++i) {
    EXPECT_EQ(a.curve[i].round, b.curve[i].round);
    EXPECT_EQ(a.curve[i].epoch, b.curve[i].epoch);
    EXPECT_EQ(a.curve[i].seconds, b.curve[i].seconds);
    EXPECT_EQ(a.curve[i].loss, b.curve[i].loss);
    EXPECT_EQ(a.curve[i].accuracy, b.curve[i].accuracy);
    EXPECT_EQ(a.curve[i].rmse, b.curve[i].rmse);
    EXPECT_EQ(a.curve[i].measures, b.curve[i].measures);
    EXPECT_EQ(a.curve[i].test, b.curve[i].test);
  }
}

TEST(SharedState, ComesBackWhole) {
  for (const TrainingProgress& state : {Example(), TrainingProgress{.begin = kValues, .best = {0, 0, 0}}}) {
    const Bytes bytes = Written({}, state);
    const auto read = ReadShared({}, kParameters, bytes);
    ASSERT_TRUE(read.ok()) << read.error().message;
    ExpectEqual(read.value().progress, state);
    EXPECT_EQ(read.value().parameters, kValues);
    EXPECT_TRUE(std::ranges::equal(read.value().algorithm, AsBytes("what the algorithm knows")));
  }
}

TEST(SharedState, WorkersAndLimitsMayChange) {
  JobSpec spec;
  const Bytes bytes = Written(spec, Example());
  spec.workers = 9;
  spec.stop.seconds = 100;
  spec.channel = "memory:";
  spec.function.timeout_s = 20;
  EXPECT_TRUE(ReadShared(spec, kParameters, bytes).ok());
  for (const auto& [path, text] : {std::pair{"seed", "2"}, {"algorithm.epochs", "9"}, {"holdout", "0.5"}}) {
    JobSpec other;
    ASSERT_TRUE(Set(other, path, text).ok());
    const auto read = ReadShared(other, kParameters, bytes);
    ASSERT_FALSE(read.ok()) << path;
    EXPECT_EQ(read.error().code, Code::kInvalid);
    EXPECT_NE(read.error().message.find("other settings"), std::string::npos);
  }
}

TEST(SharedState, OfAnotherModelIsRefused) {
  for (const std::size_t parameters : {kParameters - 1, kParameters + 1, std::size_t{0}, SIZE_MAX}) {
    EXPECT_FALSE(ReadShared({}, parameters, Written({}, Example())).ok()) << parameters;
  }
}

TEST(SharedState, CutOffOrLongerIsRefused) {
  Bytes bytes = Written({}, Example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto read = ReadShared({}, kParameters, ByteSpan(bytes).first(size));
    ASSERT_FALSE(read.ok()) << size;
    EXPECT_EQ(read.error().code, Code::kInvalid);
  }
  bytes.push_back(std::byte{0});
  EXPECT_FALSE(ReadShared({}, kParameters, bytes).ok());
}

// Whatever the bytes are: a state of the right size, or kInvalid.
TEST(SharedState, DamageIsSurvived) {
  const Bytes whole = Written({}, Example());
  Random random(1, 0);
  for (int course = 0; course < 5000; ++course) {
    Bytes bytes = whole;
    for (std::uint64_t changes = 1 + random.Below(4); changes > 0; --changes) {
      bytes[random.Below(bytes.size())] = static_cast<std::byte>(random.Below(256));
    }
    const auto read = ReadShared({}, kParameters, bytes);
    if (!read.ok()) {
      EXPECT_EQ(read.error().code, Code::kInvalid);
      continue;
    }
    EXPECT_EQ(read.value().parameters.size(), kParameters);
    EXPECT_EQ(read.value().progress.begin.size(), kParameters);
    EXPECT_EQ(read.value().progress.best.size(), kParameters);
  }
}

TEST(OwnState, ComesBackWhole) {
  for (const std::string_view algorithm : {"", "duals"}) {
    const Bytes bytes = WriteOwn(5, AsBytes(algorithm));
    const auto read = ReadOwn(5, bytes);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_TRUE(std::ranges::equal(read.value(), AsBytes(algorithm)));
    EXPECT_EQ(ReadOwn(6, bytes).error().message,
              "state of the training: a rank's own part is of round 5, the shared one of round 6");
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(ReadOwn(5, ByteSpan(bytes).first(size)).ok()) << size;
    }
  }
  EXPECT_FALSE(ReadOwn(7, Written({}, Example())).ok());
}

}  // namespace
}  // namespace lambdaml
