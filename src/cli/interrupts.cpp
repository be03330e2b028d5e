// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupts.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace lambdaml {

Result<Interrupts> Interrupts::Begin() {
  sigset_t signals;
  sigset_t before;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  if (::pthread_sigmask(SIG_BLOCK, &signals, &before) != 0) return Error{Code::kInternal, "cannot block signals"};
  FileDescriptor arrived(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  FileDescriptor calls(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!arrived.open() || !calls.open()) return FileError("opening", "signalfd", errno);
  return Interrupts(std::move(arrived), std::move(calls), before);
}

Interrupts::~Interrupts() {
  if (!signals_.open()) return;
  signalfd_siginfo late{};
  while (::read(signals_.get(), &late, sizeof(late)) > 0) continue;
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

Interrupts::Woken Interrupts::Wait(Clock::Duration at_most) {
  pollfd files[] = {{.fd = signals_.get(), .events = POLLIN, .revents = 0},
                    {.fd = calls_.get(), .events = POLLIN, .revents = 0}};
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at_most).count();
  if (::poll(files, 2, static_cast<int>(ms)) <= 0) return Woken::kByTime;
  signalfd_siginfo signal{};
  if (::read(signals_.get(), &signal, sizeof(signal)) > 0) return Woken::kBySignal;
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t read = ::read(calls_.get(), &count, sizeof(count));
  return Woken::kByCall;
}

void Interrupts::Wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(calls_.get(), &one, sizeof(one));
}

}  // namespace lambdaml
