// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "cli/registry.h"
#include "cli/testing.h"

namespace lambdaml {
namespace {

using testing::Ran;
using testing::RunIn;
using testing::TemporaryFolder;

std::vector<std::string> WordsOf(std::string_view name) {
  std::vector<std::string> words;
  for (const std::string_view word : SplitText(name, ' ')) words.emplace_back(word);
  return words;
}

class CliTest : public ::testing::Test {
 protected:
  Ran Run(const std::vector<std::string>& words) { return RunIn(home_, words); }

  void ExpectError(const std::vector<std::string>& words, std::string_view line) {
    const Ran ran = Run(words);
    EXPECT_EQ(ran.exit, 2);
    EXPECT_EQ(ran.out, "");
    EXPECT_EQ(ran.err, StrCat("lambdaml: ", line, "\n"));
  }

  TemporaryFolder home_;
};

TEST_F(CliTest, AloneItShowsEveryCommandOnItsOwnLine) {
  const Ran ran = Run({});
  EXPECT_EQ(ran.exit, 0);
  for (const Command* const command : Commands()) {
    EXPECT_NE(ran.out.find(StrCat("\n  ", command->name, " ")), std::string::npos) << command->name;
  }
  EXPECT_EQ(Run({"--help"}).out, ran.out);
}

TEST_F(CliTest, EveryCommandHasHelpWithItsOptionsAndAnExample) {
  for (const Command* const command : Commands()) {
    std::vector<std::string> words = WordsOf(command->name);
    words.emplace_back("--help");
    const Ran ran = Run(words);
    EXPECT_EQ(ran.exit, 0) << command->name;
    EXPECT_NE(ran.out.find(StrCat("Usage: lambdaml ", command->name)), std::string::npos) << command->name;
    EXPECT_NE(ran.out.find("\nExamples:\n  "), std::string::npos) << command->name;
    const std::unique_ptr<Call> call = command->start();
    for (const Field& field : call->parameters().options) {
      EXPECT_NE(ran.out.find(StrCat("  ", OptionName(field.name))), std::string::npos) << command->name;
    }
  }
}

TEST_F(CliTest, HelpSaysWhatAnOptionTakesAndItsDefault) {
  const Ran ran = Run({"data", "split", "--help"});
  EXPECT_NE(ran.out.find("--fraction X  share of the rows that become test rows (default 0.2)\n"), std::string::npos)
      << ran.out;
}

TEST_F(CliTest, AGroupAloneShowsItsCommands) {
  const Ran ran = Run({"data"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_NE(ran.out.find("data import"), std::string::npos);
  EXPECT_EQ(ran.out.find("  train "), std::string::npos);
}

TEST_F(CliTest, NamesTheNearestCommand) {
  ExpectError({"trian"}, "unknown command 'trian'; did you mean 'train'?");
  ExpectError({"data", "imprt"}, "unknown command 'data imprt'; did you mean 'data import'?");
  ExpectError({"xyzzyplugh"}, "unknown command 'xyzzyplugh'; see lambdaml --help");
}

TEST_F(CliTest, NamesTheNearestOption) {
  ExpectError({"train", "job.yaml", "--worker", "3"}, "train: unknown option '--worker'; did you mean --workers?");
  ExpectError({"jobs", "--everything"}, "jobs: unknown option '--everything'; see --help");
}

TEST_F(CliTest, RefusesWhatIsTooMuchOrTooLittle) {
  ExpectError({"jobs", "all"}, "jobs: unexpected argument 'all'; see --help");
  ExpectError({"stop"}, "stop: JOB is missing (the job's name); see --help");
  ExpectError({"data", "split", "a"}, "data split: OUT is missing (where the new dataset goes); see --help");
}

TEST_F(CliTest, RefusesValuesOutOfRange) {
  ExpectError({"train", "job.yaml", "--workers", "0"}, "train: workers: '0' is not an integer from 1 to 1000");
  ExpectError({"train", "job.yaml", "--workers=two"}, "train: workers: 'two' is not an integer from 1 to 1000");
  ExpectError({"data", "split", "a", "b", "--fraction", "-1"},
              "data split: fraction: '-1' is not a number from 1e-09 to 0.999999999");
}

TEST_F(CliTest, PrintsItsVersion) {
  EXPECT_EQ(Run({"version"}).out, StrCat("lambdaml ", LAMBDAML_VERSION, "\n"));
  EXPECT_EQ(Run({"--version"}).out, Run({"version"}).out);
}

TEST_F(CliTest, CommandsOfATopicStandTogether) {
  std::vector<std::string_view> topics;
  for (const Command* const command : Commands()) {
    if (topics.empty() || topics.back() != command->topic) topics.push_back(command->topic);
  }
  std::sort(topics.begin(), topics.end());
  EXPECT_EQ(std::adjacent_find(topics.begin(), topics.end()), topics.end());
}

TEST_F(CliTest, ListsHaveNamesAndJson) {
  for (const std::string name : {"models", "algorithms", "patterns", "channels", "platforms"}) {
    const Ran table = Run({name});
    EXPECT_EQ(table.exit, 0);
    EXPECT_FALSE(table.out.empty()) << name;
    EXPECT_EQ(Run({name, "--json"}).out.substr(0, 2), "[\n") << name;
  }
}

}  // namespace
}  // namespace lambdaml
