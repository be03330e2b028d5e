// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests of this folder: the program in this process, and a folder that goes away.

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "cli/cli.h"

namespace lambdaml::testing {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string path = std::filesystem::temp_directory_path() / "lambdaml-cli-XXXXXX";
    path_ = ::mkdtemp(path.data());
  }
  ~TemporaryFolder() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ / name; }

  std::string Write(std::string_view name, std::string_view content) const {
    const std::filesystem::path path = path_ / name;
    static_cast<void>(WriteFileAtomically(path, AsBytes(content), Durability::kProcess));
    return path;
  }

 private:
  std::filesystem::path path_;
};

struct Ran {
  int exit = -1;
  std::string out;
  std::string err;
};

// The program with its state in `home`, and a worker program that is a file but never runs.
inline Ran RunIn(const TemporaryFolder& home, const std::vector<std::string>& words, TextTerminal terminal = {}) {
  const Environment environment({{"HOME", home.path()}, {"XDG_STATE_HOME", home / "state"}, {"TMPDIR", home.path()}});
  SystemClock clock;
  const std::filesystem::path worker = home.Write("bin/bootstrap", "#!/bin/false\n");
  std::filesystem::permissions(worker, std::filesystem::perms::owner_all);
  const int exit = RunCli(
      words,
      {.terminal = terminal, .environment = environment, .clock = clock, .program = worker.parent_path() / "lambdaml"});
  return {exit, terminal.out, terminal.err};
}

}  // namespace lambdaml::testing
