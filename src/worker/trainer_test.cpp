// SPDX-License-Identifier: Apache-2.0
#include "worker/trainer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "worker/stop_rule.h"
#include "worker/test_training.h"

namespace lambdaml {
namespace {

using namespace std::chrono_literals;
using testing::Orders;
using testing::Outcome;
using testing::SavedState;
using testing::SpecOf;
using testing::TrainedJob;

Orders Always(std::int64_t vote) {
  return {.votes = [vote](std::int64_t) { return vote; }};
}

// The state of all ranks at checkpoint `index`.
std::vector<SavedState> StatesAt(const std::vector<Outcome>& outcomes, std::size_t index) {
  std::vector<SavedState> states;
  for (const Outcome& outcome : outcomes) states.push_back(outcome.saved[index]);
  return states;
}

bool SamePoint(const CurvePoint& a, const CurvePoint& b) {
  return a.round == b.round && a.epoch == b.epoch && a.loss == b.loss && a.accuracy == b.accuracy && a.rmse == b.rmse &&
         a.measures == b.measures && a.test == b.test;
}

void ExpectSameEnd(const std::vector<Outcome>& actual, const std::vector<Outcome>& expected) {
  const Trained& whole = expected[0].trained;
  for (const Outcome& outcome : actual) {
    EXPECT_EQ(outcome.error, "");
    EXPECT_EQ(outcome.parameters, expected[0].parameters);
    EXPECT_EQ(outcome.trained.ending, whole.ending);
    EXPECT_EQ(outcome.trained.rounds, whole.rounds);
    EXPECT_EQ(outcome.trained.epochs, whole.epochs);
    EXPECT_EQ(outcome.trained.train, whole.train);
    EXPECT_EQ(outcome.trained.test, whole.test);
    EXPECT_TRUE(std::ranges::equal(outcome.trained.curve, whole.curve, SamePoint));
  }
}

// Time stands still in these jobs, so whatever a restored trainer saves later is the same bytes, too.
void ExpectSameStates(const std::vector<Outcome>& actual, const std::vector<Outcome>& expected, std::size_t first) {
  for (std::size_t rank = 0; rank < actual.size(); ++rank) {
    ASSERT_EQ(actual[rank].saved.size() + first, expected[rank].saved.size());
    for (std::size_t i = 0; i < actual[rank].saved.size(); ++i) {
      const TrainingState& state = actual[rank].saved[i].state;
      const TrainingState& other = expected[rank].saved[first + i].state;
      EXPECT_TRUE(state.shared == other.shared) << rank << ' ' << i;
      EXPECT_TRUE(state.own == other.own) << rank << ' ' << i;
      EXPECT_EQ(state.rounds, other.rounds);
      EXPECT_EQ(state.epochs, other.epochs);
      EXPECT_EQ(state.loss, other.loss);
    }
  }
}

struct NamedJob {
  std::string name;
  JobSpec spec;
  bool number_changes_nothing = false;  // of the ranks, but rounding
};

std::vector<NamedJob> AllJobs() {
  const Choice logistic{"logistic", {{"l2", "0.001"}}};
  const auto sgd = [](std::map<std::string, std::string> settings) {
    settings.insert({{"batch", "45"}, {"epochs", "3"}, {"learning_rate", "0.1"}});
    return settings;
  };
  std::vector<NamedJob> jobs = {
      {"ga_sgd", SpecOf(logistic, {"ga_sgd", sgd({{"optimizer", "adam"}})}), true},
      {"ga_sgd_filter", SpecOf({"linear", {}}, {"ga_sgd", sgd({})})},
      {"ga_sgd_asp", SpecOf(logistic, {"ga_sgd", sgd({})})},
      {"ma_sgd",
       SpecOf({"svm", {}}, {"ma_sgd", sgd({{"local_steps", "2"}, {"adapt", "loss"}, {"optimizer", "adagrad"}})})},
      {"ma_sgd_ssp", SpecOf(logistic, {"ma_sgd", sgd({{"local_steps", "2"}})})},
      {"lbfgs", SpecOf(logistic, {"lbfgs", {{"epochs", "12"}}}), true},
      {"admm", SpecOf(logistic, {"admm", {{"epochs", "50"}}}), true},
      {"admm_sgd", SpecOf({"svm", {}}, {"admm", {{"solver", "sgd"}, {"batch", "60"}, {"epochs", "40"}}})},
      {"em", SpecOf({"kmeans", {{"k", "4"}}}, {"em", {{"epochs", "8"}}}), true},
      {"em_batches", SpecOf({"kmeans", {{"k", "4"}}}, {"em", {{"epochs", "3"}, {"batch", "60"}}})},
  };
  for (NamedJob& job : jobs) {
    if (job.name.ends_with("filter")) job.spec.exchange.filter = "top_k";
    if (job.name.ends_with("filter")) job.spec.exchange.share = 0.4;
    if (job.name.ends_with("asp")) job.spec.sync = "asp";
    if (job.name.ends_with("ssp")) job.spec.sync = "ssp";
    if (job.name.ends_with("ssp")) job.spec.staleness = 1;
  }
  jobs[0].spec.evaluate_every = 2;
  return jobs;
}

class TrainerOf : public ::testing::TestWithParam<NamedJob> {};

TEST_P(TrainerOf, GoesOnFromEachCheckpointAsIfItHadNotEnded) {
  const TrainedJob job(GetParam().spec);
  const auto calm = job.Run({});
  const auto whole = job.Run(Always(kVoteCheckpoint));
  ExpectSameEnd(whole, calm);
  ASSERT_GE(whole[0].saved.size(), 2U);
  for (std::size_t i = 0; i < whole[0].saved.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(whole[0].saved[i].purpose, Purpose::kKeepOn);
    const std::vector<SavedState> from = StatesAt(whole, i);
    Orders orders = Always(kVoteCheckpoint);
    orders.from = &from;
    const auto restored = job.Run(orders);
    EXPECT_LT(restored[0].votes_asked, whole[0].votes_asked);
    ExpectSameEnd(restored, calm);
    ExpectSameStates(restored, whole, i + 1);
  }
}

// Each function makes one round (with staleness one epoch) and hands over.
TEST_P(TrainerOf, IsHandedFromFunctionToFunction) {
  const TrainedJob job(GetParam().spec);
  const auto calm = job.Run({});
  std::vector<Outcome> last = job.Run(Always(kVoteHandOver));
  int functions = 1;
  for (; !last[0].trained.ending; ++functions) {
    ASSERT_LT(functions, 200);
    ASSERT_EQ(last[0].saved.size(), 1U);
    EXPECT_EQ(last[0].saved[0].purpose, Purpose::kHandOver);
    const std::vector<SavedState> from = StatesAt(last, 0);
    Orders orders = Always(kVoteHandOver);
    orders.from = &from;
    last = job.Run(orders);
  }
  EXPECT_GE(functions, 3);
  ExpectSameEnd(last, calm);
}

// Told to stop in any round, it trains no more; a function that takes over does the final evaluation alike, and whoever
// resumes the job later comes to the end that it would have had.
TEST_P(TrainerOf, StopsAndIsResumed) {
  const TrainedJob job(GetParam().spec);
  const auto calm = job.Run({});
  for (std::int64_t round = 1; round < calm[0].trained.rounds; ++round) {
    SCOPED_TRACE(round);
    const auto vote = [round](std::int64_t now) { return now >= round ? kVoteStop + kVoteHandOver : 0; };
    const auto stopped = job.Run({.votes = vote});
    if (stopped[0].saved.empty()) continue;  // with staleness, no vote travelled before the end
    EXPECT_EQ(stopped[0].trained.ending, Ending::kStopped);
    EXPECT_EQ(stopped[0].saved[0].purpose, Purpose::kStop);
    EXPECT_EQ(stopped[0].trained.curve.back().round, stopped[0].trained.rounds);
    EXPECT_EQ(stopped[0].trained.curve.back().test, stopped[0].trained.test);
    EXPECT_TRUE(stopped[0].trained.test);
    const std::vector<SavedState> from = StatesAt(stopped, 0);
    const auto again = job.Run({.from = &from});
    EXPECT_EQ(again[0].votes_asked, 0);
    ExpectSameEnd(again, stopped);
    ExpectSameEnd(job.Run({.from = &from, .run = Restored::Run::kNew}), calm);
  }
}

INSTANTIATE_TEST_SUITE_P(All, TrainerOf, ::testing::ValuesIn(AllJobs()),
                         [](const ::testing::TestParamInfo<NamedJob>& job) { return job.param.name; });

JobSpec Descent(std::map<std::string, std::string> settings) {
  settings.insert({{"batch", "45"}, {"epochs", "6"}, {"learning_rate", "0.1"}});
  return SpecOf({"logistic", {{"l2", "0.001"}}}, {"ga_sgd", settings});
}

TEST(Trainer, GoesOnWithAnotherNumberOfRanks) {
  for (const NamedJob& named : AllJobs()) {
    SCOPED_TRACE(named.name);
    JobSpec spec = named.spec;
    const auto calm = TrainedJob(spec).Run({});
    const auto begun = TrainedJob(spec).Run(Always(kVoteHandOver));
    const std::vector<SavedState> from = StatesAt(begun, 0);
    spec.workers = 2;
    const auto ended = TrainedJob(spec).Run({.from = &from});
    EXPECT_GT(ended[0].trained.rounds, begun[0].trained.rounds);
    EXPECT_TRUE(ended[0].trained.ending == Ending::kEpochs || ended[0].trained.ending == Ending::kConverged);
    EXPECT_EQ(ended[0].trained.train.rows, 180);
    if (!named.number_changes_nothing) continue;
    const double loss = calm[0].trained.train.loss;
    EXPECT_NEAR(ended[0].trained.train.loss, loss, 0.01 * loss);
  }
}

TEST(Trainer, EndsByItselfFirst) {
  JobSpec spec = Descent({});
  spec.stop.rounds = 3;
  const auto outcomes = TrainedJob(spec).Run(
      {.votes = [](std::int64_t round) { return round == 3 ? kVoteHandOver + kVoteStop + kVoteCheckpoint : 0; }});
  EXPECT_EQ(outcomes[0].trained.ending, Ending::kRounds);
  EXPECT_TRUE(outcomes[0].saved.empty());
}

// One checkpoint a round, for the weightiest of what was voted for.
TEST(Trainer, HeedsOneVoteAtATime) {
  const TrainedJob job(Descent({}));
  for (const auto& [vote, purpose] : {std::pair{kVoteCheckpoint, Purpose::kKeepOn},
                                      {kVoteCheckpoint + kVoteHandOver, Purpose::kHandOver},
                                      {kVoteCheckpoint + kVoteHandOver + kVoteDollars, Purpose::kStop}}) {
    const auto outcomes = job.Run({.votes = [vote = vote](std::int64_t round) { return round == 2 ? vote : 0; }});
    ASSERT_EQ(outcomes[0].saved.size(), 1U);
    EXPECT_EQ(outcomes[0].saved[0].purpose, purpose);
    EXPECT_EQ(outcomes[0].saved[0].state.rounds, 2);
    EXPECT_EQ(outcomes[0].saved[0].state.epochs, 0.5);
    EXPECT_GT(outcomes[0].saved[0].state.loss, 0);
    EXPECT_FALSE(outcomes[0].saved[0].state.shared.empty());
    EXPECT_TRUE(outcomes[1].saved[0].state.shared.empty());
  }
}

// Within an epoch there is no such state that all ranks share.
TEST(Trainer, WithStalenessChecksInAtTheEndOfEpochs) {
  JobSpec spec = Descent({});
  spec.sync = "asp";
  const auto outcomes = TrainedJob(spec).Run(Always(kVoteCheckpoint));
  ASSERT_EQ(outcomes[0].saved.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(outcomes[0].saved[i].state.epochs, static_cast<double>(i) + 1);
}

TEST(Trainer, TimeOfAllFunctionsCountsTogether) {
  const TrainedJob job(Descent({}));
  const auto begun =
      job.Run({.votes = [](std::int64_t round) { return round == 10 ? kVoteHandOver : 0; }, .round_time = 3s});
  const std::vector<SavedState> from = StatesAt(begun, 0);
  const auto ended = job.Run({.from = &from, .round_time = 5s});
  std::vector<double> seconds;
  for (const CurvePoint& point : ended[0].trained.curve) seconds.push_back(point.seconds);
  EXPECT_EQ(seconds, (std::vector<double>{12, 24, 40, 60, 80, 100}));
}

TEST(Trainer, PatienceLastsOverCheckpoints) {
  JobSpec spec = Descent({{"epochs", "100"}, {"learning_rate", "3"}, {"schedule", "constant"}});
  spec.stop.patience = 3;
  const TrainedJob job(spec);
  const auto whole = job.Run(Always(kVoteCheckpoint));
  EXPECT_EQ(whole[0].trained.ending, Ending::kNoImprovement);
  const std::vector<SavedState> from = StatesAt(whole, whole[0].saved.size() - 1);
  ExpectSameEnd(job.Run({.from = &from}), whole);
}

// At this rate each epoch is worse than the one before, and a later one has no finite loss. The best parameters are
// those of before the checkpoint.
TEST(Trainer, ComesBackFromDivergenceToBeforeTheCheckpoint) {
  JobSpec spec = Descent({{"epochs", "100"}, {"learning_rate", "1"}, {"momentum", "0"}, {"schedule", "constant"}});
  spec.model.settings["l2"] = "3";
  const TrainedJob job(spec);
  const auto whole = job.Run(Always(kVoteCheckpoint));
  EXPECT_EQ(whole[0].trained.ending, Ending::kDiverged);
  const std::vector<SavedState> from = StatesAt(whole, whole[0].saved.size() - 1);
  const auto restored = job.Run({.from = &from});
  ExpectSameEnd(restored, whole);
  for (const float parameter : restored[0].parameters) EXPECT_TRUE(std::isfinite(parameter));
}

TEST(Trainer, AnErrorOfTheCheckpointEndsIt) {
  const TrainedJob job(Descent({}));
  Orders orders = Always(kVoteCheckpoint);
  orders.after_checkpoint = Error{Code::kUnavailable, "disk full"};
  for (const Outcome& outcome : job.Run(orders)) EXPECT_EQ(outcome.error, "disk full");
}

TEST(Trainer, RefusesWhatItDidNotSave) {
  const TrainedJob job(Descent({}));
  const auto whole = job.Run(Always(kVoteCheckpoint));
  const std::vector<SavedState> right = StatesAt(whole, 1);
  const auto refusal = [](const TrainedJob& of, const std::vector<SavedState>& from) {
    return of.Run({.from = &from})[0].error;
  };
  const std::vector<SavedState> later = StatesAt(whole, 2);
  std::vector<SavedState> mixed = later;
  mixed[0].state.shared = right[0].state.shared;
  EXPECT_EQ(refusal(job, mixed), "state of the training: a rank's own part is of round 3, the shared one of round 2");
  std::vector<SavedState> cut = right;
  cut[0].state.shared.pop_back();
  EXPECT_NE(refusal(job, cut).find("cut off, damaged"), std::string::npos);
  const TrainedJob other(Descent({{"learning_rate", "0.2"}}));
  EXPECT_NE(refusal(other, right).find("of a job with other settings"), std::string::npos);
}

}  // namespace
}  // namespace lambdaml
