// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ctrl-C, kill and a closed terminal as something one can wait for, instead of something that ends the process: while
// an Interrupts lives, the thread that made it, the threads it starts and their child processes do not get SIGINT,
// SIGTERM and SIGHUP; Wait reports them.

#include <csignal>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"

namespace lambdaml {

class Interrupts {
 public:
  static Result<Interrupts> Begin();
  Interrupts(Interrupts&&) = default;
  ~Interrupts();

  enum class Woken { kByTime, kBySignal, kByCall };
  Woken Wait(Clock::Duration at_most);

  // Ends a Wait, now or the next one. May be called from any thread.
  void Wake();

 private:
  Interrupts(FileDescriptor signals, FileDescriptor calls, const sigset_t& before)
      : signals_(std::move(signals)), calls_(std::move(calls)), before_(before) {}

  FileDescriptor signals_;
  FileDescriptor calls_;
  sigset_t before_;
};

}  // namespace lambdaml
