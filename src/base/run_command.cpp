// SPDX-License-Identifier: Apache-2.0
#include "base/run_command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/file.h"
#include "base/text.h"

namespace lambdaml {

namespace {

constexpr std::size_t kErrorBytesMax = 2000;
constexpr std::size_t kPieceBytes = 65536;

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

Result<Pipe> MakePipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return Error{Code::kUnavailable, StrCat("no pipe: ", std::strerror(errno))};
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// A child that is killed and waited for, should nobody have waited for it.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    Wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int Wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return status;
  }

 private:
  pid_t pid_;
};

// 0, or the error number.
int Spawn(const std::vector<std::string>& command, const Pipe& output, const Pipe& errors, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.write.get(), STDERR_FILENO);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const int error = posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

// What one of the two streams holds so far.
struct Captured {
  FileDescriptor from;
  std::string text;
  std::size_t bytes_max;
  bool too_long = false;

  // Reads a piece; closes `from` at the end.
  void Take() {
    std::array<char, kPieceBytes> piece{};
    const ssize_t count = read(from.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) {
      from.Close();
      return;
    }
    const std::size_t taken = std::min(static_cast<std::size_t>(count), bytes_max - text.size());
    too_long = too_long || taken < static_cast<std::size_t>(count);
    text.append(piece.data(), taken);
  }
};

// Reads both streams to their ends; an error when the time is over.
Result<void> TakeAll(std::array<Captured*, 2> streams, Clock::Time deadline) {
  const SystemClock clock;
  while (streams[0]->from.open() || streams[1]->from.open()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.Now()).count();
    if (left <= 0) return Error{Code::kTimeout, "took too long and was stopped"};
    std::array<pollfd, 2> polled{};
    for (std::size_t i = 0; i < polled.size(); ++i) polled[i] = {streams[i]->from.get(), POLLIN, 0};
    poll(polled.data(), polled.size(), static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents != 0) streams[i]->Take();
    }
    if (streams[0]->too_long) return Error{Code::kInvalid, StrCat("wrote more than ", streams[0]->bytes_max, " bytes")};
  }
  return {};
}

std::string HowItEnded(int status, std::string_view errors) {
  const std::string how = WIFEXITED(status) ? StrCat("ended with exit code ", WEXITSTATUS(status))
                                            : StrCat("was ended by signal ", WTERMSIG(status));
  std::string said(Trim(errors));
  std::ranges::replace(said, '\n', ' ');
  return said.empty() ? how : StrCat(how, ": ", said);
}

}  // namespace

Result<std::string> RunCommand(const std::vector<std::string>& command, const RunOptions& options) {
  if (command.empty()) return Error{Code::kInvalid, "there is no command to run"};
  const Clock::Time deadline = SystemClock().Now() + options.timeout;
  Pipe output = TRY(MakePipe());
  Pipe errors = TRY(MakePipe());
  pid_t pid = 0;
  const int error = Spawn(command, output, errors, pid);
  if (error != 0) {
    const bool missing = error == ENOENT || error == EACCES;
    return Error{missing ? Code::kNotFound : Code::kUnavailable,
                 StrCat("cannot run ", command[0], ": ", std::strerror(error))};
  }
  Child child(pid);
  output.write.Close();
  errors.write.Close();
  Captured out{std::move(output.read), {}, options.output_bytes_max};
  Captured err{std::move(errors.read), {}, kErrorBytesMax};
  TRY(TakeAll({&out, &err}, deadline).Context(command[0]));
  const int status = child.Wait();
  if (status != 0) return Error{Code::kInternal, StrCat(command[0], " ", HowItEnded(status, err.text))};
  return std::move(out.text);
}

}  // namespace lambdaml
