// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "cli/registry.h"
#include "cli/testing.h"

namespace lambdaml {
namespace {

using testing::RunIn;
using testing::TemporaryFolder;

TEST(Completion, EveryShellKnowsEveryCommand) {
  const TemporaryFolder home;
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const std::string script = RunIn(home, {"completion", shell}).out;
    for (const Command* const command : Commands()) {
      for (const std::string_view word : SplitText(command->name, ' ')) {
        EXPECT_NE(script.find(word), std::string::npos) << shell << " " << word;
      }
    }
    EXPECT_NE(script.find("workers"), std::string::npos) << shell;
  }
}

TEST(Completion, RefusesAnUnknownShell) {
  const TemporaryFolder home;
  EXPECT_EQ(RunIn(home, {"completion", "tcsh"}).err, "lambdaml: completion: 'tcsh' is not one of bash, zsh, fish\n");
}

// What bash itself makes of the script.
std::string CompleteInBash(const TemporaryFolder& home, std::string_view words, int at) {
  home.Write("script", RunIn(home, {"completion", "bash"}).out);
  const std::string result = home / "result";
  const std::string command = StrCat("bash -c 'source ", home / "script", "; COMP_WORDS=(", words, "); COMP_CWORD=", at,
                                     "; _lambdaml; echo ${COMPREPLY[@]}' > ", result);
  EXPECT_EQ(std::system(command.c_str()), 0);
  return std::string(Trim(ReadFile(result).value().text()));
}

TEST(Completion, BashCompletesCommandsGroupsAndOptions) {
  const TemporaryFolder home;
  EXPECT_EQ(CompleteInBash(home, "lambdaml tr", 1), "train");
  EXPECT_EQ(CompleteInBash(home, "lambdaml data im", 2), "import");
  EXPECT_EQ(CompleteInBash(home, "lambdaml train --wo", 2), "--workers");
  EXPECT_EQ(CompleteInBash(home, "lambdaml data split --fr", 3), "--fraction");
}

}  // namespace
}  // namespace lambdaml
