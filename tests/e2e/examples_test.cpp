// SPDX-License-Identifier: Apache-2.0

// Every file under examples/ runs, with the commands that its comments give for making its data.

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "base/run_command.h"
#include "base/text.h"
#include "program.h"
#include "storage/testing/redis_server.h"

namespace lambdaml::e2e {
namespace {

// The words of the comment lines "# $ lambdaml ...", with $HOME replaced.
std::vector<std::vector<std::string>> CommandsIn(const std::string& text, const std::string& home) {
  constexpr std::string_view kPrompt = "# $ lambdaml ";
  std::vector<std::vector<std::string>> commands;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kPrompt)) continue;
    std::istringstream words(line.substr(kPrompt.size()));
    commands.emplace_back();
    for (std::string word; words >> word;) {
      const std::size_t at = word.find("$HOME");
      if (at != std::string::npos) word.replace(at, 5, home);
      commands.back().push_back(word);
    }
  }
  return commands;
}

TEST(Examples, EachRunsAsItsCommentsSay) {
  int examples = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(LAMBDAML_SOURCE) + "/examples")) {
    if (entry.path().extension() != ".yaml") continue;
    ++examples;
    Home home;
    const auto commands = CommandsIn(ReadText(entry.path()), home / "");
    EXPECT_GE(commands.size(), 1U) << entry.path() << " does not say how its data is made";
    for (const auto& command : commands) {
      const Ran ran = home.Run(command);
      ASSERT_EQ(ran.exit, 0) << entry.path() << ": " << ran.err;
    }
    const Ran ran = home.Run({"train", entry.path(), "--report", "report.json"});
    ASSERT_EQ(ran.exit, 0) << entry.path() << ": " << ran.err;
    const auto report = nlohmann::json::parse(ReadText(home / "report.json"));
    EXPECT_EQ(report["status"], "done") << entry.path();
    if (report["test"].contains("accuracy")) {
      EXPECT_GT(report["test"]["accuracy"], 0.6) << entry.path();
    } else {
      EXPECT_LT(report["test"]["loss"], 1.01 * 32.1) << entry.path();  // clusters of Fashion-MNIST
    }
  }
  EXPECT_GE(examples, 3);
}

TEST(Examples, FourProcessesAddTheirVectorsOverRedis) {
  const auto server = RedisServer::Launch({});
  ASSERT_TRUE(server.ok()) << server.error().message;
  const Result<std::string> printed = RunCommand({LAMBDAML_ALLREDUCE, server.value()->NewUrl()});
  ASSERT_TRUE(printed.ok()) << printed.error().message;
  for (int rank = 0; rank < 4; ++rank) {
    EXPECT_NE(printed.value().find(StrCat("rank ", rank, ": sum, 10")), std::string::npos) << printed.value();
  }
  EXPECT_EQ(server.value()->Ask({"DBSIZE"}).value(), "0\n");
}

}  // namespace
}  // namespace lambdaml::e2e
