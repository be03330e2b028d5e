// SPDX-License-Identifier: Apache-2.0
#include "storage/testing/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/text.h"

namespace lambdaml {

namespace {

constexpr std::size_t kLogBytesShown = 2000;

std::string TailOf(const std::string& log) {
  const Result<Blob> text = ReadFile(log);
  if (!text.ok()) return "(no log)";
  const std::string_view all = text.value().text();
  return std::string(all.substr(all.size() - std::min(all.size(), kLogBytesShown)));
}

FileDescriptor LoopbackSocket(int port, sockaddr_in& address) {
  address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

// In the child: becomes the command, or ends with 127.
[[noreturn]] void Become(const std::vector<std::string>& command, const std::string& log,
                         const std::vector<std::string>& variables) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0644);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  for (const std::string& variable : variables) putenv(const_cast<char*>(variable.c_str()));
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  dprintf(STDERR_FILENO, "cannot run %s: run ./dev setup test\n", arguments[0]);
  _exit(127);
}

// The kernel ends a child with the thread that made it, not with the process. So one thread that lives until the
// process ends makes them all, and a server may be started from a thread that does not.
class Parent {
 public:
  pid_t Fork(const std::function<void()>& child) {
    std::packaged_task<pid_t()> task([&child] {
      const pid_t pid = fork();
      if (pid == 0) child();
      return pid;
    });
    std::future<pid_t> pid = task.get_future();
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
    return pid.get();
  }

 private:
  void Run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !tasks_.empty(); })) {
      tasks_.front()();
      tasks_.pop_front();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::packaged_task<pid_t()>> tasks_;
  std::jthread thread_{[this](const std::stop_token& stop) { Run(stop); }};
};

pid_t Spawn(const std::vector<std::string>& command, const std::string& log,
            const std::vector<std::string>& variables) {
  static Parent parent;
  return parent.Fork([&command, &log, &variables] { Become(command, log, variables); });
}

}  // namespace

int FreePort() {
  static std::mutex mutex;
  static std::set<int> given;
  const std::lock_guard lock(mutex);
  for (;;) {
    sockaddr_in address{};
    const FileDescriptor socket = LoopbackSocket(0, address);
    socklen_t size = sizeof(address);
    if (bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) continue;
    getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    const int port = ntohs(address.sin_port);
    if (given.insert(port).second) return port;
  }
}

bool Listens(int port) {
  sockaddr_in address{};
  const FileDescriptor socket = LoopbackSocket(port, address);
  return connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
}

std::string TestTool(std::string_view name) {
  const char* const home = std::getenv("HOME");
  return StrCat(home == nullptr ? "" : home, "/.cache/lambdaml/tools/", name);
}

ServerProcess& ServerProcess::operator=(ServerProcess&& other) noexcept {
  Stop();
  pid_ = std::exchange(other.pid_, 0);
  log_ = std::move(other.log_);
  return *this;
}

Result<ServerProcess> ServerProcess::Start(const std::vector<std::string>& command, const std::string& log,
                                           const std::function<bool()>& ready,
                                           const std::vector<std::string>& variables) {
  ServerProcess server(Spawn(command, log, variables), log);
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!ready()) {
    const bool ended = waitpid(server.pid_, nullptr, WNOHANG) != 0;
    if (ended) server.pid_ = 0;
    if (ended || std::chrono::steady_clock::now() > end) {
      return Error{Code::kInternal,
                   StrCat(command[0], ended ? " ended at once: " : " is not ready after a minute: ", TailOf(log))};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return server;
}

void ServerProcess::Stop() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

Result<Certificates> Certificates::Make(const std::string& folder) {
  const Certificates made{.authority = folder + "/ca.pem",
                          .certificate = folder + "/server.pem",
                          .key = folder + "/server.key",
                          .unknown_authority = folder + "/other-ca.pem"};
  const auto authority = [&folder](const std::string& file, const std::string& key_name) {
    return RunCommand({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                       "-days", "2", "-subj", "/CN=lambdaml test " + key_name, "-keyout", folder + "/" + key_name,
                       "-out", file});
  };
  TRY(authority(made.authority, "ca.key"));
  TRY(authority(made.unknown_authority, "other-ca.key"));
  const std::string request = folder + "/server.csr";
  TRY(RunCommand({"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                  "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", made.key, "-out",
                  request}));
  TRY(RunCommand({"openssl", "x509", "-req", "-in", request, "-CA", made.authority, "-CAkey", folder + "/ca.key",
                  "-CAcreateserial", "-days", "2", "-copy_extensions", "copy", "-out", made.certificate}));
  chmod(folder.c_str(), 0755);
  chmod(made.key.c_str(), 0644);
  return made;
}

}  // namespace lambdaml
