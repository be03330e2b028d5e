// SPDX-License-Identifier: Apache-2.0
#pragma once

// The built program as a user runs it: words, a home of its own, and what came out. The test's process adopts orphans
// of what it starts, so that nothing that is left running stays unseen.

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lambdaml::e2e {

// Nothing in these tests takes longer, unless it hangs.
inline constexpr std::chrono::seconds kPatience{60};

// Until `holds` or kPatience is over. Returns what `holds` said last.
bool Eventually(const std::function<bool()>& holds);

std::string ReadText(const std::filesystem::path& path);
void WriteText(const std::filesystem::path& path, std::string_view text);

struct Ran {
  int exit = -1;  // 128 + N after signal N
  std::string out;
  std::string err;
};

// A program that runs.
class Running {
 public:
  Running(pid_t pid, std::filesystem::path out, std::filesystem::path err)
      : pid_(pid), out_(std::move(out)), err_(std::move(err)) {}

  pid_t pid() const { return pid_; }
  std::string out() const { return ReadText(out_); }
  void Signal(int signal) const;
  // Its children, oldest first.
  std::vector<pid_t> Children() const;
  bool HasEnded() const;
  Ran Wait() const;

 private:
  pid_t pid_;
  std::filesystem::path out_;
  std::filesystem::path err_;
};

// A home folder in which the program runs, and which goes away.
class Home {
 public:
  Home();
  ~Home();
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  // Another environment variable of the programs that are started from now on.
  void Set(std::string_view name, std::string_view value) {
    variables_.push_back(std::string(name).append("=").append(value));
  }

  Running Start(const std::vector<std::string>& words);
  Ran Run(const std::vector<std::string>& words) { return Start(words).Wait(); }

  // Makes the dataset "data" of 2,000 rows in two classes, and returns a job file for it with `changes` made.
  std::string Job(const std::map<std::string, std::string>& changes = {});
  nlohmann::json Report() const { return nlohmann::json::parse(ReadText(path_ / "out/report.json")); }
  // Keys of jobs that are still in the channel.
  std::size_t KeysLeft() const;
  // Keys in the stores of records of all jobs.
  std::size_t RecordsLeft() const;

 private:
  std::filesystem::path path_;
  std::vector<std::string> variables_;
  int runs_ = 0;
};

// Whether nothing that was started here runs any more; waits for what is about to end.
bool NothingRuns();

}  // namespace lambdaml::e2e
