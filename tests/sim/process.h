// SPDX-License-Identifier: Apache-2.0
#pragma once

// One process of a simulated job: what stands still, wakes up and dies as one, with its clock and its background tasks.
// Once it is killed nothing that it does has an effect, and its threads end by themselves: store calls fail at once,
// sleeping takes no time. Must outlive every actor that uses it and everything that it has under way in a channel.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/background.h"
#include "base/clock.h"
#include "tests/sim/scheduler.h"

namespace lambdaml::sim {

class Process {
 public:
  Process(Scheduler& scheduler, std::string name) : scheduler_(scheduler), name_(std::move(name)) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  Scheduler& scheduler() const { return scheduler_; }
  const std::string& name() const { return name_; }
  bool killed() const { return killed_; }
  bool dead() const { return killed_ || scheduler_.failed(); }

  void Kill();

  // Whoever is awake by then goes on at `time`, and whoever would have woken up before.
  void PauseUntil(Clock::Time time) { paused_until_ = time; }

  // Runs `event` when the process comes to a point for the `point`th time: whenever the scheduler could let another
  // actor run.
  void AtPoint(std::uint64_t point, std::function<void()> event) { events_[point] = std::move(event); }
  std::uint64_t points() const { return points_; }

  // For its actors, as those of Scheduler.
  Clock::Time Now() const;
  void Yield(std::string doing);
  void SleepUntil(Clock::Time time, std::string doing);
  void Block(Clock::Time deadline, std::string doing);

 private:
  void Pass(const std::function<void()>& wait);
  void PassDead();

  Scheduler& scheduler_;
  std::string name_;
  bool killed_ = false;
  Clock::Time paused_until_{};
  Clock::Time dead_now_{};  // the time that a killed process believes it is
  std::uint64_t points_ = 0;
  std::uint64_t points_when_dead_ = 0;
  std::map<std::uint64_t, std::function<void()>> events_;
  std::set<Actor> waiting_;
};

class SimClock final : public Clock {
 public:
  explicit SimClock(Process& process) : process_(process) {}

  Time Now() const override { return process_.Now(); }
  void SleepUntil(Time time) override { process_.SleepUntil(time, "sleep"); }
  std::int64_t UnixMs() const override;

 private:
  Process& process_;
};

// At most `threads` tasks run at once, each of these an actor, and begin in the order of Start.
class SimBackground final : public Background {
 public:
  SimBackground(Process& process, std::size_t threads) : process_(process), threads_max_(threads) {}
  SimBackground(const SimBackground&) = delete;
  SimBackground& operator=(const SimBackground&) = delete;
  ~SimBackground() override { Finish(); }

  void Start(Task task) override;
  void Finish() override;

 private:
  void Work();

  Process& process_;
  std::size_t threads_max_;
  std::deque<Task> waiting_;
  std::size_t threads_ = 0;  // as long as one is there, a task may be
  std::vector<Actor> finishing_;
};

}  // namespace lambdaml::sim
