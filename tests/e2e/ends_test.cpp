// SPDX-License-Identifier: Apache-2.0

// The ways in which a job ends before its time. Whatever happens: no hang, nothing left running, nothing half-written.

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "program.h"

namespace lambdaml::e2e {
namespace {

const std::map<std::string, std::string> kEndless = {
    {"algorithm", "{kind: ga_sgd, learning_rate: 0.1, batch: 200, epochs: 1000000}"}};

// A job that would train for hours, once it trains.
class EndsTest : public ::testing::Test {
 protected:
  Running StartEndless(const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"train", home_.Job(kEndless)};
    words.insert(words.end(), more.begin(), more.end());
    Running running = home_.Start(words);
    EXPECT_TRUE(Eventually([&running] { return running.out().find("epoch 1/") != std::string::npos; }));
    return running;
  }

  // Another hundred epochs come.
  static void ExpectToGoOn(const Running& running) {
    const auto epochs = [&running] {
      const std::string out = running.out();
      return std::count(out.begin(), out.end(), '\n');
    };
    const auto before = epochs();
    EXPECT_TRUE(Eventually([&epochs, before] { return epochs() > before + 100; }));
  }

  static Ran Interrupted(const Running& running) {
    running.Signal(SIGINT);
    return running.Wait();
  }

  void ExpectNothingLeft() {
    EXPECT_TRUE(NothingRuns());
    EXPECT_EQ(home_.KeysLeft(), 0U);
  }

  Home home_;
};

TEST_F(EndsTest, AnInterruptEndsItAfterARoundAndKeepsTheModel) {
  const Running running = StartEndless();
  running.Signal(SIGINT);
  const Ran ran = running.Wait();
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(home_.Report()["status"], "stopped");
  EXPECT_TRUE(std::filesystem::exists(home_ / "out/model.safetensors"));
  ExpectNothingLeft();
}

TEST_F(EndsTest, ASecondInterruptEndsItAtOnce) {
  const Running running = StartEndless();
  // The functions are frozen, so that they cannot end by the first one.
  for (const pid_t child : running.Children()) ::kill(child, SIGSTOP);
  running.Signal(SIGINT);
  EXPECT_TRUE(Eventually([&running] { return running.out().find("stopping") != std::string::npos; }));
  running.Signal(SIGINT);
  const Ran ran = running.Wait();
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("ended at once by a second interrupt"), std::string::npos) << ran.err;
  EXPECT_EQ(home_.Report()["status"], "stopped");
  EXPECT_FALSE(std::filesystem::exists(home_ / "out/model.safetensors"));
  ExpectNothingLeft();
}

TEST_F(EndsTest, DivergenceFailsTheJobWithTheBestModelAndTheRate) {
  const Ran ran =
      home_.Run({"train", home_.Job({{"model", "{kind: logistic, l2: 30}"},
                                     {"algorithm", "{kind: ga_sgd, learning_rate: 1, batch: 200, epochs: 99}"}})});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("training diverged: the loss is not finite in round "), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("; lower algorithm.learning_rate, now 1; the model is the best one before that"),
            std::string::npos)
      << ran.err;
  EXPECT_EQ(home_.Report()["status"], "failed");
  EXPECT_EQ(home_.Report()["ending"], "diverged");
  EXPECT_EQ(home_.Run({"evaluate", "out/model.safetensors", "file://" + (home_ / "data").string()}).exit, 0);
  ExpectNothingLeft();
}

TEST_F(EndsTest, AKilledWorkerIsReplaced) {
  const Running running = StartEndless();
  ::kill(running.Children().back(), SIGKILL);
  ExpectToGoOn(running);
  EXPECT_EQ(Interrupted(running).exit, 0);
  std::int64_t incarnations = 0;
  const auto report = home_.Report();
  for (const auto& worker : report["workers"]) incarnations += worker["incarnations"].get<std::int64_t>();
  EXPECT_EQ(incarnations, 4);
  ExpectNothingLeft();
}

TEST_F(EndsTest, AFrozenWorkerIsReplacedAndFencedOut) {
  const Running running = StartEndless({"--set", "recovery.lease_s=1"});
  const pid_t frozen = running.Children().back();
  ::kill(frozen, SIGSTOP);
  EXPECT_TRUE(Eventually([&running] { return running.Children().size() > 4; })) << "another function";
  ::kill(frozen, SIGCONT);
  ExpectToGoOn(running);
  EXPECT_EQ(Interrupted(running).exit, 0);
  ExpectNothingLeft();
}

TEST_F(EndsTest, AKilledTriggerChangesNothing) {
  const Running running = StartEndless();
  ::kill(running.Children().front(), SIGKILL);
  ExpectToGoOn(running);
  EXPECT_EQ(Interrupted(running).exit, 0);
  ExpectNothingLeft();
}

TEST_F(EndsTest, AWorkerThatDiesTooOftenFailsTheJobWithItsLog) {
  const Running running = StartEndless({"--set", "recovery.attempts=1"});
  ::kill(running.Children().back(), SIGKILL);
  const Ran ran = running.Wait();
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("job 'tiny' failed: worker "), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find(".log | "), std::string::npos) << ran.err;
  const auto report = home_.Report();
  EXPECT_EQ(report["status"], "failed");
  ASSERT_GE(report["failures"].size(), 1U);
  const auto& failure = report["failures"][0];
  EXPECT_NE(failure["error"].get<std::string>().find("signal: killed"), std::string::npos) << failure;
  EXPECT_FALSE(failure["log_tail"].empty());
  EXPECT_FALSE(std::filesystem::exists(home_ / "out/model.safetensors"));
  ExpectNothingLeft();
}

TEST_F(EndsTest, AKilledSupervisorTakesItsFunctionsAlong) {
  const Running running = StartEndless();
  running.Signal(SIGKILL);
  EXPECT_EQ(running.Wait().exit, 128 + SIGKILL);
  EXPECT_TRUE(NothingRuns());
  EXPECT_NE(home_.Run({"jobs"}).out.find("tiny  lost"), std::string::npos);
  EXPECT_EQ(home_.Run({"train", home_.Job()}).exit, 0);
  ExpectNothingLeft();
}

TEST_F(EndsTest, ASecondJobOfTheNameIsRefused) {
  const Running running = StartEndless();
  const Ran second = home_.Run({"train", home_.Job()});
  EXPECT_EQ(second.exit, 2);
  EXPECT_EQ(second.err, "lambdaml: train: job 'tiny' is running already (process " + std::to_string(running.pid()) +
                            "): wait for it, end it with `lambdaml stop tiny`, or choose another name\n");
  EXPECT_EQ(home_.Run({"stop", "tiny"}).exit, 0);
  EXPECT_EQ(running.Wait().exit, 0);
  ExpectNothingLeft();
}

TEST_F(EndsTest, ADetachedJobIsFollowedAndStopped) {
  const Ran started = home_.Run({"train", home_.Job(kEndless), "--detach"});
  ASSERT_EQ(started.exit, 0) << started.err;
  EXPECT_TRUE(Eventually([this] { return home_.Run({"logs", "tiny"}).out.find("epoch 1/") != std::string::npos; }));
  const Running follower = home_.Start({"logs", "tiny", "--rank", "0", "--follow"});
  EXPECT_NE(home_.Run({"status", "tiny"}).out.find("running\n"), std::string::npos);
  EXPECT_EQ(home_.Run({"stop", "tiny"}).exit, 0);
  EXPECT_NE(follower.Wait().out.find("stopped"), std::string::npos);
  EXPECT_EQ(home_.Report()["status"], "stopped");
  ExpectNothingLeft();
}

TEST_F(EndsTest, FunctionsThatLiveShorterThanTheJobHandOver) {
  const Ran ran = home_.Run(
      {"train", home_.Job(kEndless), "--set", "function.timeout_s=3", "--set", "stop.seconds=6", "--set", "seed=2"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  const auto report = home_.Report();
  EXPECT_EQ(report["status"], "stopped");
  EXPECT_EQ(report["ending"], "seconds");
  for (const auto& worker : report["workers"]) EXPECT_GT(worker["incarnations"], 1);
  EXPECT_EQ(home_.Run({"evaluate", "out/model.safetensors", "data"}).exit, 0);
  ExpectNothingLeft();
}

TEST_F(EndsTest, AStoppedJobIsResumedWithAnotherNumberOfWorkers) {
  const Running running = StartEndless();
  EXPECT_EQ(Interrupted(running).exit, 0);
  const auto before = home_.Report();
  EXPECT_EQ(before["resumable"], true);
  const Ran ran = home_.Run({"resume", "tiny", "--workers", "2", "--set", "stop.seconds=2"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  const auto after = home_.Report();
  EXPECT_EQ(after["workers"].size(), 2U);
  EXPECT_GT(after["rounds"], before["rounds"]);
  EXPECT_GT(after["curve"].size(), before["curve"].size());
  const Ran refused = home_.Run({"resume", "tiny", "--set", "seed=3"});
  EXPECT_EQ(refused.exit, 2);
  EXPECT_NE(refused.err.find("a checkpoint is of one model"), std::string::npos) << refused.err;
  ExpectNothingLeft();
}

TEST_F(EndsTest, AJobThatHasEndedHasNothingToResume) {
  EXPECT_EQ(home_.Run({"train", home_.Job()}).exit, 0);
  const Ran ran = home_.Run({"resume", "tiny"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(ran.err,
            "lambdaml: resume: job 'tiny' (done) has no checkpoint to go on from: start it anew with "
            "`lambdaml train`\n");
}

}  // namespace
}  // namespace lambdaml::e2e
