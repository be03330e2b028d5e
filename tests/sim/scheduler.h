// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs plain blocking code in virtual time, one actor at a time, in an order drawn from a seed. An actor has a thread
// of its own, but only the one that holds the baton runs; it hands the baton on when it yields, sleeps, blocks or ends.
// Time stands still while anybody can run and then jumps to the earliest moment at which somebody can. So a run depends
// on the seed alone and can be repeated, and what belongs to the actors needs no locks.
//
// Code under the scheduler must make no threads of its own and do nothing else that blocks: no condition variable, no
// real sleep. Where some does, the program ends with a message. An actor that never ends is found by the limits. A run
// that fails (nobody can run, a limit, Fail) goes on to the end of its actors, so that every thread ends: then sleeping
// and blocking only yield, and whoever waits for something must look at `failed`.

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <queue>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace lambdaml::sim {

using Actor = std::size_t;  // counted from 0 in the order of Start

// One step of a run: from `time` on `actor` does, or waits for, `operation`.
struct Step {
  Clock::Time time;
  Actor actor = 0;
  std::string operation;
};

struct Limits {
  Clock::Duration time = std::chrono::hours(1);  // virtual
  std::uint64_t steps = 50'000'000;
};

class Scheduler {
 public:
  // Far from the clock's zero, so that nothing takes one for the other.
  static constexpr Clock::Time kStart{std::chrono::hours(1)};

  explicit Scheduler(std::uint64_t seed, const Limits& limits = {});
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  ~Scheduler();  // after Run, if any actor was started

  // Before Run, or from an actor or an event. The actor begins when it is its turn.
  Actor Start(std::string name, std::function<void()> body);

  // Returns when every actor has ended and no event is left, with the first thing that went wrong.
  Result<void> Run();

  // The following are for the actor that runs; `doing` is for messages and becomes part of the fingerprint.
  void Yield(std::string doing);
  void SleepUntil(Clock::Time time, std::string doing);

  // Returns after a Wake or at `deadline`; the caller looks at what it waits for again.
  void Block(Clock::Time deadline, std::string doing);

  // Lets a blocked or sleeping actor go on; nothing if it is neither.
  void Wake(Actor actor);

  // Runs `event` at that time between two steps. It must not yield, sleep or block.
  void At(Clock::Time time, std::function<void()> event);

  // Ends the run with this message, unless it has failed already.
  void Fail(std::string message);

  Actor current() const { return current_; }
  Clock::Time now() const { return now_; }
  bool failed() const { return !failure_.empty(); }
  const std::string& name(Actor actor) const { return actors_[actor].name; }
  std::uint64_t steps() const { return steps_; }

  // Of the sequence of (actor, operation, time) so far: equal for equal runs.
  std::uint64_t fingerprint() const { return fingerprint_; }

  // The last ones of the run, or of what came before its failure; the oldest first.
  std::vector<std::string> LastSteps() const;

 private:
  enum class State { kReady, kRunning, kWaiting, kEnded };

  struct ActorState {
    std::string name;
    std::string doing;
    State state = State::kReady;
    std::uint64_t waits = 0;  // so that an old timer is known as such
    bool has_baton = false;
    std::mutex mutex;  // guards has_baton
    std::condition_variable turn;
    std::thread thread;
  };

  // When `event` is empty, the end of an actor's wait.
  struct Timer {
    Clock::Time time;
    std::uint64_t number = 0;
    Actor actor = 0;
    std::uint64_t wait = 0;
    std::function<void()> event{};

    bool operator<(const Timer& other) const {  // the earliest is the greatest
      return time != other.time ? time > other.time : number > other.number;
    }
  };

  static constexpr Actor kNobody = SIZE_MAX;
  static constexpr std::size_t kStepsKept = 64;

  void Body(Actor self, std::function<void()> body);
  void Note(std::string doing);
  void SetReady(Actor actor);
  void HandOver();
  Actor Next();
  bool Advance();
  bool IsOld(const Timer& timer) const;
  void Give(Actor to);
  static void AwaitBaton(ActorState& state);
  void JoinEnded();
  std::string WhoWaits() const;
  void WatchProgress();

  Random random_;
  Limits limits_;
  Clock::Time now_ = kStart;
  std::deque<ActorState> actors_;  // a deque, because they must stay where they are
  std::vector<Actor> ready_;
  std::priority_queue<Timer> timers_;
  std::uint64_t timers_made_ = 0;
  Actor current_ = kNobody;
  std::size_t alive_ = 0;
  std::vector<Actor> to_join_;
  std::string failure_;
  std::uint64_t steps_after_failure_ = 0;
  std::uint64_t fingerprint_ = 0;
  std::array<Step, kStepsKept> last_steps_;
  std::atomic<std::uint64_t> steps_ = 0;

  std::mutex ended_mutex_;
  std::condition_variable ended_;
  bool all_ended_ = false;  // guarded by ended_mutex_
};

}  // namespace lambdaml::sim
