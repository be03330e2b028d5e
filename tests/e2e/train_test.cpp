// SPDX-License-Identifier: Apache-2.0

// Training as a user does it, and what comes out of it.

#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <sstream>

#include "program.h"

namespace lambdaml::e2e {
namespace {

TEST(Train, LeavesAModelAReportAndNothingElse) {
  Home home;
  const Ran ran = home.Run({"train", home.Job(), "--report", "copy.json"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const auto report = home.Report();
  EXPECT_EQ(report["status"], "done");
  EXPECT_EQ(report["epochs"], 3.0);
  EXPECT_EQ(report["workers"].size(), 3U);
  EXPECT_GT(report["test"]["accuracy"], 0.55);
  EXPECT_GT(report["wall_seconds"], 0.0);
  EXPECT_EQ(ReadText(home / "copy.json"), ReadText(home / "out/report.json"));
  EXPECT_TRUE(std::filesystem::exists(home / "out/model.safetensors"));
  EXPECT_EQ(home.KeysLeft(), 0U);
  EXPECT_TRUE(NothingRuns());
}

TEST(Train, TheModelDoesWhatTheReportSays) {
  Home home;
  ASSERT_EQ(home.Run({"train", home.Job({{"holdout", "0"}})}).exit, 0);
  const Ran ran = home.Run({"evaluate", "out/model.safetensors", "data", "--json"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const auto metrics = nlohmann::json::parse(ran.out);
  EXPECT_EQ(metrics["accuracy"], home.Report()["train"]["accuracy"]);
  EXPECT_NEAR(metrics["loss"], home.Report()["train"]["loss"], 1e-9);
  const Ran predicted = home.Run({"predict", "out/model.safetensors", "data", "--output", "classes.csv"});
  ASSERT_EQ(predicted.exit, 0) << predicted.err;
  const std::string classes = ReadText(home / "classes.csv");
  EXPECT_EQ(std::count(classes.begin(), classes.end(), '\n'), 2001);
}

TEST(Train, PatternsGiveTheSameBits) {
  Home home;
  std::vector<nlohmann::json> curves;
  for (const std::string pattern : {"reduce", "scatter_reduce", "all_gather"}) {
    const Ran ran = home.Run({"train", home.Job({{"pattern", pattern}})});
    ASSERT_EQ(ran.exit, 0) << ran.err;
    curves.push_back(home.Report()["test"]);
  }
  EXPECT_EQ(curves[0], curves[1]);
  EXPECT_EQ(curves[0], curves[2]);
}

TEST(Train, AsynchronousAndCompressedJobsLearnAsMuch) {
  Home home;
  ASSERT_EQ(home.Run({"train", home.Job()}).exit, 0);
  const double loss = home.Report()["train"]["loss"];
  for (const std::string change : {"sync=asp", "sync=ssp", "exchange.wire=int8", "exchange.filter=significance"}) {
    const Ran ran = home.Run({"train", home.Job(), "--set", change});
    ASSERT_EQ(ran.exit, 0) << ran.err;
    EXPECT_NEAR(home.Report()["train"]["loss"], loss, 0.02 * loss) << change;
  }
}

TEST(Train, AChosenPatternIsInTheReportAndItsSummary) {
  Home home;
  const Ran ran = home.Run({"train", home.Job({{"pattern", "auto"}})});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const auto report = home.Report();
  ASSERT_FALSE(report["pattern_choices"].empty());
  const auto& choice = report["pattern_choices"].back();
  EXPECT_NE(choice["reason"], "");
  EXPECT_NE(ran.out.find("pattern  "), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find(" misses a round"), std::string::npos) << ran.out;
}

TEST(Train, SettingsWithoutEffectAreRefused) {
  Home home;
  const Ran ran = home.Run({"train", home.Job(), "--set", "staleness=3"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find("staleness: 3 has no effect with sync bsp: set sync to ssp"), std::string::npos) << ran.err;
}

TEST(Train, AnInterruptEndsAnAsynchronousJobAfterItsEpoch) {
  Home home;
  const Running running =
      home.Start({"train", home.Job({{"sync", "asp"}, {"algorithm", "{kind: ga_sgd, batch: 200, epochs: 1000000}"}})});
  ASSERT_TRUE(Eventually([&running] { return running.out().find("epoch 1/") != std::string::npos; }));
  running.Signal(SIGINT);
  const Ran ran = running.Wait();
  EXPECT_EQ(ran.exit, 0) << ran.err;
  const auto report = home.Report();
  EXPECT_EQ(report["status"], "stopped");
  EXPECT_EQ(report["epochs"].get<double>(), std::floor(report["epochs"].get<double>()));
  EXPECT_EQ(home.KeysLeft(), 0U);
}

TEST(Train, TheNumberOfWorkersHardlyMatters) {
  Home home;
  std::vector<double> losses;
  for (const std::string workers : {"1", "2", "7"}) {
    const Ran ran = home.Run({"train", home.Job(), "--workers", workers});
    ASSERT_EQ(ran.exit, 0) << ran.err;
    losses.push_back(home.Report()["train"]["loss"]);
  }
  EXPECT_NEAR(losses[0], losses[1], 1e-4);
  EXPECT_NEAR(losses[0], losses[2], 1e-4);
}

TEST(Train, PrintsEventsAsJsonLines) {
  Home home;
  const Ran ran = home.Run({"train", home.Job(), "--json"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  std::istringstream lines(ran.out);
  std::string line;
  nlohmann::json last;
  while (std::getline(lines, line)) last = nlohmann::json::parse(line);
  EXPECT_EQ(last["event"], "report");
  EXPECT_EQ(last["report"]["status"], "done");
}

TEST(Train, AnOtherCommandSeesWhatBecameOfIt) {
  Home home;
  ASSERT_EQ(home.Run({"train", home.Job()}).exit, 0);
  EXPECT_NE(home.Run({"jobs"}).out.find("tiny  done"), std::string::npos);
  EXPECT_NE(home.Run({"status", "tiny"}).out.find("after 3 epochs"), std::string::npos);
  const std::string log = home.Run({"logs", "tiny", "--rank", "2"}).out;
  EXPECT_NE(log.find("rank 2: loaded "), std::string::npos) << log;
}

}  // namespace
}  // namespace lambdaml::e2e
