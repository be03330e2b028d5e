// SPDX-License-Identifier: Apache-2.0

// The pages in docs/reference are what the program prints.

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "program.h"

namespace lambdaml::e2e {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(LAMBDAML_SOURCE) / "docs/reference";

std::set<std::string> Pages(Home& home) {
  std::istringstream list(home.Run({"reference"}).out);
  std::set<std::string> pages;
  for (std::string line; std::getline(list, line);) pages.insert(line.substr(0, line.find(' ')));
  return pages;
}

TEST(Reference, PagesAreWhatTheProgramPrints) {
  Home home;
  for (const std::string& page : Pages(home)) {
    const Ran ran = home.Run({"reference", page});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    EXPECT_TRUE(ran.out == ReadText(kFolder / (page + ".md")))
        << "docs/reference/" << page << ".md is out of date; run: lambdaml reference " << page << " > docs/reference/"
        << page << ".md";
  }
}

TEST(Reference, EveryFileIsAPage) {
  Home home;
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) files.insert(entry.path().stem());
  EXPECT_EQ(files, Pages(home));
}

TEST(Reference, AnUnknownPageIsRefused) {
  Home home;
  const Ran ran = home.Run({"reference", "jobs"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(ran.err, "lambdaml: reference: there is no page 'jobs'; there are: job, data, cli\n");
}

}  // namespace
}  // namespace lambdaml::e2e
