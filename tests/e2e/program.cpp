// SPDX-License-Identifier: Apache-2.0
#include "program.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

namespace lambdaml::e2e {

namespace fs = std::filesystem;

namespace {

int ExitOf(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

// `variables` are NAME=VALUE.
[[noreturn]] void Become(const std::vector<std::string>& words, const std::vector<std::string>& variables,
                         const fs::path& home, const fs::path& out, const fs::path& err) {
  std::vector<char*> arguments = {const_cast<char*>(LAMBDAML_PROGRAM)};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::vector<char*> environment;
  for (const std::string& variable : variables) environment.push_back(const_cast<char*>(variable.c_str()));
  environment.push_back(nullptr);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(::open(out.c_str(), kFlags, 0644), STDOUT_FILENO);
  ::dup2(::open(err.c_str(), kFlags, 0644), STDERR_FILENO);
  if (::chdir(home.c_str()) == 0) ::execve(LAMBDAML_PROGRAM, arguments.data(), environment.data());
  ::_exit(127);
}

std::size_t FilesBelow(const fs::path& folder) {
  std::error_code none;
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder, none)) {
    if (entry.is_regular_file()) ++files;
  }
  return files;
}

// The parent of a process, or 0.
pid_t ParentOf(const fs::path& process) {
  const std::string stat = ReadText(process / "stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream rest(stat.substr(name_end + 1));
  std::string state;
  pid_t parent = 0;
  rest >> state >> parent;
  return parent;
}

}  // namespace

bool Eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return holds();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::string ReadText(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void WriteText(const fs::path& path, std::string_view text) {
  std::ofstream(path).write(text.data(), static_cast<std::streamsize>(text.size()));
}

void Running::Signal(int signal) const { ::kill(pid_, signal); }

std::vector<pid_t> Running::Children() const {
  std::vector<pid_t> children;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (std::all_of(name.begin(), name.end(), ::isdigit) && ParentOf(entry.path()) == pid_) {
      children.push_back(std::stoi(name));
    }
  }
  std::sort(children.begin(), children.end());
  return children;
}

bool Running::HasEnded() const {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == pid_;
}

Ran Running::Wait() const {
  int status = 0;
  if (!Eventually([this, &status] { return ::waitpid(pid_, &status, WNOHANG) == pid_; })) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, &status, 0);
  }
  return {ExitOf(status), ReadText(out_), ReadText(err_)};
}

Home::Home() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::string path = fs::temp_directory_path() / "lambdaml-e2e-XXXXXX";
  path_ = ::mkdtemp(path.data());
  variables_ = {"HOME=" + path_.string(), "PATH=/usr/bin:/bin"};
}

Home::~Home() {
  std::error_code none;
  fs::remove_all(path_, none);
}

Running Home::Start(const std::vector<std::string>& words) {
  const std::string run = std::to_string(++runs_);
  const fs::path out = path_ / ("out-" + run + ".txt");
  const fs::path err = path_ / ("err-" + run + ".txt");
  const pid_t pid = ::fork();
  if (pid == 0) Become(words, variables_, path_, out, err);
  return {pid, out, err};
}

std::string Home::Job(const std::map<std::string, std::string>& changes) {
  if (!fs::exists(path_ / "data")) Run({"data", "generate", "higgs", "data", "--rows", "2000"});
  std::map<std::string, std::string> lines = {
      {"name", "tiny"},
      {"data", "file://$HOME/data"},
      {"model", "{kind: logistic, l2: 1.0e-4}"},
      {"algorithm", "{kind: ga_sgd, learning_rate: 0.1, batch: 200, epochs: 3}"},
      {"workers", "3"},
      {"channel", "file://$HOME/channel"},
      {"output", "out"},
      {"holdout", "0.2"}};
  for (const auto& [key, value] : changes) lines[key] = value;
  std::string text;
  for (const auto& [key, value] : lines) text += key + ": " + value + "\n";
  WriteText(path_ / "job.yaml", text);
  return "job.yaml";
}

std::size_t Home::KeysLeft() const { return FilesBelow(path_ / "channel/jobs"); }

std::size_t Home::RecordsLeft() const {
  std::error_code none;
  std::size_t files = 0;
  for (const auto& job : fs::directory_iterator(path_ / ".local/state/lambdaml/jobs", none)) {
    files += FilesBelow(job.path() / "records/records");
  }
  return files;
}

bool NothingRuns() {
  return Eventually([] {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
    return ::waitpid(-1, nullptr, WNOHANG) < 0;
  });
}

}  // namespace lambdaml::e2e
