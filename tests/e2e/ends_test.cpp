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
  Running StartEndless() {
    Running running = home_.Start({"train", home_.Job(kEndless)});
    EXPECT_TRUE(Eventually([&running] { return running.out().find("epoch 1/") != std::string::npos; }));
    return running;
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

TEST_F(EndsTest, AKilledWorkerFailsTheJobWithItsLog) {
  const Running running = StartEndless();
  ::kill(running.Children().back(), SIGKILL);
  const Ran ran = running.Wait();
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.err.find("job 'tiny' failed: worker "), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find(".log | "), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find(" AllReduce of "), std::string::npos) << ran.err;
  const auto report = home_.Report();
  EXPECT_EQ(report["status"], "failed");
  const auto& failures = report["failures"];
  ASSERT_EQ(failures.size(), 3U) << failures;
  EXPECT_EQ(failures[0]["last_calls"].size(), 0U) << "who is killed tells nothing";
  for (const std::size_t survivor : {1U, 2U}) {
    const auto& calls = failures[survivor]["last_calls"];
    ASSERT_GT(calls.size(), 1U);
    EXPECT_NE(calls.front().get<std::string>().find(" s: done"), std::string::npos) << calls.front();
    EXPECT_NE(calls.back().get<std::string>().find("worker"), std::string::npos) << calls.back();
  }
  EXPECT_FALSE(std::filesystem::exists(home_ / "out/model.safetensors"));
  ExpectNothingLeft();
}

TEST_F(EndsTest, AKilledTriggerFailsTheJob) {
  const Running running = StartEndless();
  ::kill(running.Children().front(), SIGKILL);
  EXPECT_EQ(running.Wait().exit, 1);
  EXPECT_EQ(home_.Report()["status"], "failed");
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

TEST_F(EndsTest, ATimeOutShorterThanTheJobKeepsTheModelAndSaysWhatToDo) {
  const Ran ran = home_.Run({"train", home_.Job(kEndless), "--set", "function.timeout_s=3"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  EXPECT_TRUE(ran.err.starts_with("lambdaml: train: job 'tiny' stopped: function.timeout_s (3) ended it after epoch "))
      << ran.err;
  EXPECT_NE(ran.err.find(" of 1,000,000: raise it"), std::string::npos) << ran.err;
  const auto report = home_.Report();
  EXPECT_EQ(report["status"], "stopped");
  EXPECT_EQ(report["ending"], "time_limit");
  EXPECT_NE(ran.err.find(report["error"].get<std::string>()), std::string::npos);
  EXPECT_EQ(home_.Run({"evaluate", "out/model.safetensors", "data"}).exit, 0);
  ExpectNothingLeft();
}

TEST_F(EndsTest, ARoundThatDoesNotFitIntoTheTimeOutFailsTheJob) {
  const Running running = home_.Start({"train", home_.Job(kEndless), "--set", "function.timeout_s=3"});
  EXPECT_TRUE(Eventually([&running] { return running.out().find("epoch 1/") != std::string::npos; }));
  ::kill(running.Children().back(), SIGSTOP);  // its round takes for ever
  const Ran ran = running.Wait();
  EXPECT_EQ(ran.exit, 1);
  EXPECT_TRUE(ran.err.starts_with("lambdaml: train: job 'tiny' failed: function.timeout_s (3) was over within a round"))
      << ran.err;
  EXPECT_EQ(home_.Report()["status"], "failed");
  ExpectNothingLeft();
}

}  // namespace
}  // namespace lambdaml::e2e
