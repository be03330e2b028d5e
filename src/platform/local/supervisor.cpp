// SPDX-License-Identifier: Apache-2.0
#include "platform/local/supervisor.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <future>

namespace lambdaml::local {

namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kSampleInterval(50);

}  // namespace

Supervisor::Supervisor() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { Run(); }) {}

Supervisor::~Supervisor() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  Wake();
}

void Supervisor::Wake() const {
  const std::uint64_t one = 1;
  (void)!write(wake_.get(), &one, sizeof(one));
}

Result<std::shared_ptr<Process>> Supervisor::Start(const ProcessSpec& spec, Watcher watcher) {
  std::promise<Result<std::shared_ptr<Process>>> started;
  {
    const std::lock_guard lock(mutex_);
    tasks_.emplace_back([this, &spec, &watcher, &started] {
      Result<std::shared_ptr<Process>> process = Process::Start(spec);
      if (process.ok()) watched_.push_back({process.value(), std::move(watcher)});
      started.set_value(std::move(process));
    });
  }
  Wake();
  return started.get_future().get();
}

void Supervisor::RunTasks() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const Task& task : tasks) task();
}

void Supervisor::Sample() {
  for (const Watched& each : watched_) each.watcher.memory(*each.process, each.process->MemoryBytes());
}

void Supervisor::Poll() {
  std::vector<pollfd> descriptors{{wake_.get(), POLLIN, 0}};
  for (const Watched& each : watched_) {
    descriptors.push_back({each.process->exit_descriptor(), POLLIN, 0});
    descriptors.push_back({each.output_open ? each.process->output_descriptor() : -1, POLLIN, 0});
  }
  const int timeout = watched_.empty() ? -1 : static_cast<int>(kSampleInterval.count());
  poll(descriptors.data(), descriptors.size(), timeout);
  std::uint64_t wakes = 0;
  (void)!read(wake_.get(), &wakes, sizeof(wakes));

  for (std::size_t i = watched_.size(); i-- > 0;) {
    const short exit = descriptors[1 + 2 * i].revents;
    const short output = descriptors[2 + 2 * i].revents;
    if (output != 0) watched_[i].watcher.output(*watched_[i].process);
    // The pipe's other end is closed: poll would return at once for ever.
    if ((output & POLLIN) == 0 && (output & POLLHUP) != 0) watched_[i].output_open = false;
    if (exit == 0) continue;
    const Watched ended = std::move(watched_[i]);
    watched_.erase(watched_.begin() + static_cast<std::ptrdiff_t>(i));
    ended.watcher.exited(*ended.process, ended.process->Reap());
  }
}

void Supervisor::Run() {
  auto next_sample = SteadyClock::now();
  while (true) {
    RunTasks();
    {
      const std::lock_guard lock(mutex_);
      if (ending_ && tasks_.empty()) return;
    }
    Poll();
    if (SteadyClock::now() < next_sample) continue;
    Sample();
    next_sample = SteadyClock::now() + kSampleInterval;
  }
}

}  // namespace lambdaml::local
