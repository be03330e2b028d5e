// SPDX-License-Identifier: Apache-2.0

// What is swept after a job was killed together with all that could have cleared it.

#include <gtest/gtest.h>
#include <signal.h>

#include "program.h"

namespace lambdaml::e2e {
namespace {

std::map<std::string, std::string> Endless(const std::string& name) {
  return {{"name", name},
          {"output", name},
          {"algorithm", "{kind: ga_sgd, learning_rate: 0.1, batch: 200, epochs: 1000000}"}};
}

class CleanTest : public ::testing::Test {
 protected:
  Running StartEndless(const std::string& name) {
    Running running = home_.Start({"train", home_.Job(Endless(name))});
    EXPECT_TRUE(Eventually([&running] { return running.out().find("epoch 1/") != std::string::npos; }));
    return running;
  }

  std::size_t KeysOf(const std::string& name) const {
    std::error_code none;
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(home_ / "channel/jobs" / name, none)) {
      if (entry.is_regular_file()) ++files;
    }
    return files;
  }

  Home home_;
};

TEST_F(CleanTest, AKilledJobIsSweptWhileAnotherGoesOn) {
  const Running killed = StartEndless("first");
  for (const pid_t function : killed.Children()) ::kill(function, SIGSTOP);  // within a round
  EXPECT_GT(KeysOf("first"), 0U);
  const Running living = StartEndless("second");
  const std::vector<pid_t> functions = killed.Children();
  killed.Signal(SIGKILL);
  for (const pid_t function : functions) ::kill(function, SIGKILL);
  EXPECT_EQ(killed.Wait().exit, 128 + SIGKILL);
  WriteText(home_ / "channel/jobs/firsts", "somebody else's");

  const std::size_t left = KeysOf("first");
  EXPECT_GT(left, 0U);
  const Ran listed = home_.Run({"clean", "--dry-run"});
  EXPECT_EQ(listed.exit, 0) << listed.err;
  EXPECT_EQ(KeysOf("first"), left);
  const Ran ran = home_.Run({"clean"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_TRUE(ran.out.starts_with("second: is running\nfirst: " + std::to_string(left) + " key")) << ran.out;
  EXPECT_EQ(KeysOf("first"), 0U);
  EXPECT_TRUE(std::filesystem::exists(home_ / "channel/jobs/firsts"));

  const Ran refused = home_.Run({"clean", "second"});
  EXPECT_EQ(refused.exit, 2);
  EXPECT_NE(refused.err.find("job 'second' is running"), std::string::npos) << refused.err;
  living.Signal(SIGINT);
  EXPECT_EQ(living.Wait().exit, 0);  // a round of it that had lost a key would have failed
  EXPECT_TRUE(std::filesystem::exists(home_ / "second/model.safetensors"));
  EXPECT_TRUE(NothingRuns());
}

}  // namespace
}  // namespace lambdaml::e2e
