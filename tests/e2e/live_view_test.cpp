// SPDX-License-Identifier: Apache-2.0

// The live view on a terminal.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"

namespace lambdaml::e2e {
namespace {

// What the program writes to a terminal of its own.
std::string OnATerminal(const Home& home, const std::vector<std::string>& words) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  EXPECT_EQ(::grantpt(master) + ::unlockpt(master), 0);
  const std::string name = ::ptsname(master);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int terminal = ::open(name.c_str(), O_RDWR);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(terminal, fd);
    ::setenv("HOME", (home / "").c_str(), 1);
    ::setenv("TERM", "xterm", 1);
    std::vector<char*> arguments = {const_cast<char*>(LAMBDAML_PROGRAM)};
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    if (::chdir((home / "").c_str()) == 0) ::execv(LAMBDAML_PROGRAM, arguments.data());
    ::_exit(127);
  }
  std::string text;
  char buffer[4096];
  // The master's end reports an error once no process has the terminal open.
  for (ssize_t size = ::read(master, buffer, sizeof(buffer)); size > 0; size = ::read(master, buffer, sizeof(buffer))) {
    text.append(buffer, static_cast<std::size_t>(size));
  }
  ::close(master);
  ::waitpid(pid, nullptr, 0);
  return text;
}

TEST(LiveView, IsRedrawnInPlaceAndReplacedByTheSummary) {
  Home home;
  const std::string text = OnATerminal(home, {"train", home.Job()});
  EXPECT_NE(text.find("tiny: logistic by ga_sgd, 3 workers on local"), std::string::npos) << text;
  const std::size_t last = text.rfind("\x1b[J");
  ASSERT_NE(last, std::string::npos) << text;
  EXPECT_NE(text.find("tiny: done after 3 epochs", last), std::string::npos) << text;
  EXPECT_EQ(text.find("starting", last), std::string::npos);
}

}  // namespace
}  // namespace lambdaml::e2e
