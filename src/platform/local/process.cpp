// SPDX-License-Identifier: Apache-2.0
#include "platform/local/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/text.h"
#include "platform/local/sanitized.h"

namespace lambdaml::local {

namespace {

// Lambda's own limit.
constexpr rlim_t kDescriptorsMax = 1024;

// The platform samples memory and kills what uses too much. Between two samples a process can take some hundred
// megabytes; this bound stops it before the machine is in trouble. It counts reserved memory, such as the stacks of
// threads, and therefore leaves room for it.
constexpr std::int64_t kReservedBytesMax = std::int64_t{256} << 20U;

struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;
};

Result<Pipe> MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return Error{Code::kUnavailable, StrCat("cannot make a pipe: ", std::strerror(errno))};
  }
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  // exec takes mutable pointers for historical reasons and does not write.
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Everything that the child needs, prepared before the fork.
struct Child {
  std::vector<char*> command;
  std::vector<char*> environment;
  const char* folder;
  std::int64_t memory_bytes;
  int output;
  int failure;  // errno is written here if exec does not happen
  pid_t parent;
};

// This program may ignore or block signals; a new one begins with the defaults.
void ResetSignals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool Limit(__rlimit_resource resource, rlim_t value) {
  const rlimit limit{.rlim_cur = value, .rlim_max = value};
  return setrlimit(resource, &limit) == 0;
}

bool Redirect(const Child& child) {
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  return null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(child.output, STDOUT_FILENO) >= 0 &&
         dup2(child.output, STDERR_FILENO) >= 0 && close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

bool Confine(const Child& child) {
  const auto reserved = static_cast<rlim_t>(child.memory_bytes + kReservedBytesMax);
  return setpgid(0, 0) == 0 && chdir(child.folder) == 0 && Limit(RLIMIT_NOFILE, kDescriptorsMax) &&
         Limit(RLIMIT_CORE, 0) && (kSanitized || Limit(RLIMIT_DATA, reserved));
}

// Between fork and exec only async-signal-safe calls are allowed: another thread may have held any lock.
[[noreturn]] void RunChild(const Child& child) {
  const bool tied = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
  if (getppid() != child.parent) _exit(1);  // the parent died before the line above
  ResetSignals();
  if (tied && Redirect(child) && Confine(child)) {
    execve(child.command.front(), child.command.data(), child.environment.data());
  }
  const int failure = errno;
  (void)!write(child.failure, &failure, sizeof(failure));
  _exit(127);
}

// The errno of an exec that did not happen, or 0.
int ExecFailure(int read_end) {
  int failure = 0;
  ssize_t size = 0;
  do {
    size = read(read_end, &failure, sizeof(failure));
  } while (size < 0 && errno == EINTR);
  return size == static_cast<ssize_t>(sizeof(failure)) ? failure : 0;
}

int SignalNumber(Signal signal) {
  switch (signal) {
    case Signal::kStop: return SIGSTOP;
    case Signal::kContinue: return SIGCONT;
    case Signal::kKill: return SIGKILL;
  }
  return SIGKILL;
}

// The first bytes of a small file below /proc; empty if the process is gone.
std::string ReadProc(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return {};
  std::array<char, 4096> text{};
  const ssize_t size = read(file.get(), text.data(), text.size());
  return size <= 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
}

std::int64_t AnonymousBytes(pid_t pid) {
  // "size resident shared ...", in pages; shared ones belong to files.
  const std::string text = ReadProc(StrCat("/proc/", pid, "/statm"));
  const auto fields = SplitText(text, ' ');
  if (fields.size() < 3) return 0;
  return (ParseInteger(fields[1]).value_or(0) - ParseInteger(fields[2]).value_or(0)) * sysconf(_SC_PAGESIZE);
}

std::int64_t TreeBytes(pid_t pid) {
  std::int64_t bytes = AnonymousBytes(pid);
  const std::string children = ReadProc(StrCat("/proc/", pid, "/task/", pid, "/children"));
  for (const std::string_view child : SplitText(children, ' ')) {
    const auto child_pid = ParseInteger(Trim(child));
    if (child_pid) bytes += TreeBytes(static_cast<pid_t>(*child_pid));
  }
  return bytes;
}

}  // namespace

Result<std::shared_ptr<Process>> Process::Start(const ProcessSpec& spec) {
  Pipe output = TRY(MakePipe());
  Pipe failure = TRY(MakePipe());
  fcntl(output.read_end.get(), F_SETFL, O_NONBLOCK);
  const Child child{.command = Pointers(spec.command),
                    .environment = Pointers(spec.environment),
                    .folder = spec.folder.c_str(),
                    .memory_bytes = spec.memory_bytes,
                    .output = output.write_end.get(),
                    .failure = failure.write_end.get(),
                    .parent = getpid()};
  const pid_t pid = fork();
  if (pid < 0) return Error{Code::kUnavailable, StrCat("cannot start a process: ", std::strerror(errno))};
  if (pid == 0) RunChild(child);

  std::shared_ptr<Process> process(new Process(pid));
  setpgid(pid, pid);  // so that the group exists whoever runs first; the child does the same
  failure.write_end.Close();
  output.write_end.Close();
  process->output_ = std::move(output.read_end);
  // glibc 2.36 declares pidfd_open for C only.
  process->exit_ = FileDescriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  const int error = ExecFailure(failure.read_end.get());
  if (error != 0) return Error{Code::kInvalid, StrCat("cannot run ", spec.command.front(), ": ", std::strerror(error))};
  if (!process->exit_.open())
    return Error{Code::kUnavailable, StrCat("cannot watch a process: ", std::strerror(errno))};
  return process;
}

Process::~Process() {
  Send(Signal::kKill);
  Reap();
}

void Process::Send(Signal signal) {
  const std::lock_guard lock(mutex_);
  if (!reaped_) kill(-pid_, SignalNumber(signal));
}

std::string Process::Reap() {
  const std::lock_guard lock(mutex_);
  if (reaped_) return "reaped before";
  reaped_ = true;
  siginfo_t info{};
  // The group is killed before the leader is reaped, as long as its number cannot belong to anybody else.
  while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) continue;
  kill(-pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status)) return StrCat("exit status ", WEXITSTATUS(status));
  std::string name(sigdescr_np(WTERMSIG(status)));
  if (!name.empty() && name.front() >= 'A' && name.front() <= 'Z') name.front() = static_cast<char>(name.front() + 32);
  return StrCat("signal: ", name);
}

std::int64_t Process::MemoryBytes() const { return TreeBytes(pid_); }

}  // namespace lambdaml::local
