// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/scheduler.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/text.h"

namespace lambdaml::sim {

namespace {

// Real time without a step after which an actor is taken to block for good.
constexpr std::chrono::seconds kPatience{120};

// Far more than any actor needs to notice that the run has failed.
constexpr std::uint64_t kStepsAfterFailureMax = 10'000'000;

constexpr std::size_t kWaitersNamedMax = 12;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "simulator: %s\n", why.c_str());
  std::abort();
}

// Whose actor this thread is. Code under test that makes a thread of its own would run beside the one with the baton.
thread_local const Scheduler* actor_of = nullptr;

std::uint64_t HashOf(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

}  // namespace

Scheduler::Scheduler(std::uint64_t seed, const Limits& limits) : random_(seed, 0), limits_(limits) {}

Scheduler::~Scheduler() {
  for (ActorState& actor : actors_) {
    if (actor.thread.joinable()) actor.thread.join();
  }
}

Actor Scheduler::Start(std::string name, std::function<void()> body) {
  JoinEnded();
  const Actor actor = actors_.size();
  ActorState& state = actors_.emplace_back();
  state.name = std::move(name);
  state.doing = "begin";
  ++alive_;
  SetReady(actor);
  state.thread = std::thread([this, actor, &state, body = std::move(body)]() mutable {
    actor_of = this;
    AwaitBaton(state);
    Body(actor, std::move(body));
  });
  return actor;
}

void Scheduler::Body(Actor self, std::function<void()> body) {
  body();
  body = nullptr;  // what it holds goes before anybody else runs
  Note("end");
  actors_[self].state = State::kEnded;
  --alive_;
  const Actor next = Next();
  to_join_.push_back(self);  // not before: an event may start an actor
  if (next != kNobody) return Give(next);
  const std::lock_guard lock(ended_mutex_);
  all_ended_ = true;
  ended_.notify_all();
}

Result<void> Scheduler::Run() {
  if (alive_ == 0) return {};
  Give(Next());
  WatchProgress();
  JoinEnded();
  if (failed()) return Error{Code::kInternal, failure_};
  return {};
}

void Scheduler::WatchProgress() {
  std::unique_lock lock(ended_mutex_);
  std::uint64_t before = 0;
  while (!ended_.wait_for(lock, kPatience, [this] { return all_ended_; })) {
    const std::uint64_t steps = steps_;
    if (steps == before) Die("an actor blocks or loops outside of the simulator");
    before = steps;
  }
}

void Scheduler::Yield(std::string doing) {
  Note(std::move(doing));
  SetReady(current_);
  HandOver();
}

void Scheduler::SleepUntil(Clock::Time time, std::string doing) {
  if (failed()) now_ = std::max(now_, std::min(time, now_ + limits_.time));
  if (time <= now_) return Yield(std::move(doing));
  Block(time, std::move(doing));
}

void Scheduler::Block(Clock::Time deadline, std::string doing) {
  if (failed()) return Yield(std::move(doing));
  Note(std::move(doing));
  ActorState& self = actors_[current_];
  self.state = State::kWaiting;
  ++self.waits;
  if (deadline != Clock::Time::max()) {
    timers_.push({.time = deadline, .number = timers_made_++, .actor = current_, .wait = self.waits});
  }
  HandOver();
}

void Scheduler::Wake(Actor actor) {
  if (actors_[actor].state == State::kWaiting) SetReady(actor);
}

void Scheduler::At(Clock::Time time, std::function<void()> event) {
  timers_.push({.time = std::max(time, now_), .number = timers_made_++, .actor = kNobody, .event = std::move(event)});
}

void Scheduler::Fail(std::string message) {
  if (failed()) return;
  failure_ = std::move(message);
  for (Actor actor = 0; actor < actors_.size(); ++actor) Wake(actor);
}

void Scheduler::SetReady(Actor actor) {
  actors_[actor].state = State::kReady;
  ready_.push_back(actor);
}

void Scheduler::Note(std::string doing) {
  if (actor_of != this) Die(StrCat("a thread that is no actor is about to ", doing));
  const std::uint64_t step = steps_++;
  if (failed()) {
    if (++steps_after_failure_ > kStepsAfterFailureMax) Die(StrCat(name(current_), " does not end after: ", failure_));
    return;
  }
  fingerprint_ = Mix(fingerprint_, current_);
  fingerprint_ = Mix(fingerprint_, HashOf(doing));
  fingerprint_ = Mix(fingerprint_, static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  actors_[current_].doing = doing;
  last_steps_[step % kStepsKept] = {.time = now_, .actor = current_, .operation = std::move(doing)};
  if (step >= limits_.steps) Fail(StrCat("no end after ", step, " steps; ", WhoWaits()));
}

// Returns when it is this actor's turn again.
void Scheduler::HandOver() {
  const Actor self = current_;
  ActorState& state = actors_[self];  // found before: without the baton nothing but this may be touched
  const Actor next = Next();
  if (next == self) return;
  Give(next);
  AwaitBaton(state);
}

Actor Scheduler::Next() {
  while (ready_.empty()) {
    if (Advance()) continue;  // also where no actor is left: an event may start one
    if (alive_ == 0) return kNobody;
    Fail(StrCat("deadlock: ", WhoWaits()));
  }
  std::swap(ready_[random_.Below(ready_.size())], ready_.back());
  const Actor next = ready_.back();
  ready_.pop_back();
  actors_[next].state = State::kRunning;
  current_ = next;
  return next;
}

// To the next moment at which something happens; false if there is none.
bool Scheduler::Advance() {
  while (!timers_.empty() && IsOld(timers_.top())) timers_.pop();
  if (timers_.empty()) return false;
  const Clock::Time time = timers_.top().time;
  if (time - kStart > limits_.time) {
    Fail(StrCat("no end after ", HumanSeconds(Seconds(limits_.time)), " of virtual time; ", WhoWaits()));
    timers_ = {};  // nobody needs them any more, and events would go on for ever
    return true;
  }
  now_ = time;
  while (!timers_.empty() && timers_.top().time == time) {
    const Timer timer = timers_.top();
    timers_.pop();
    if (timer.event) {
      timer.event();
    } else if (!IsOld(timer)) {
      Wake(timer.actor);
    }
  }
  return true;
}

bool Scheduler::IsOld(const Timer& timer) const {
  if (timer.event) return false;
  const ActorState& actor = actors_[timer.actor];
  return actor.state != State::kWaiting || actor.waits != timer.wait;
}

void Scheduler::Give(Actor to) {
  ActorState& state = actors_[to];
  const std::lock_guard lock(state.mutex);
  state.has_baton = true;
  state.turn.notify_one();
}

void Scheduler::AwaitBaton(ActorState& state) {
  std::unique_lock lock(state.mutex);
  state.turn.wait(lock, [&state] { return state.has_baton; });
  state.has_baton = false;
}

void Scheduler::JoinEnded() {
  for (const Actor actor : std::exchange(to_join_, {})) actors_[actor].thread.join();
}

std::string Scheduler::WhoWaits() const {
  std::vector<std::string> waiting;
  std::size_t others = 0;
  for (const ActorState& actor : actors_) {
    if (actor.state == State::kEnded) continue;
    if (waiting.size() < kWaitersNamedMax) {
      waiting.push_back(StrCat(actor.name, " (", actor.doing, ")"));
    } else {
      ++others;
    }
  }
  return StrCat("not ended: ", JoinWith(", ", waiting), others == 0 ? "" : StrCat(" and ", others, " more"));
}

std::vector<std::string> Scheduler::LastSteps() const {
  const std::uint64_t noted = steps_ - steps_after_failure_;
  std::vector<std::string> lines;
  for (std::uint64_t step = noted - std::min<std::uint64_t>(noted, kStepsKept); step < noted; ++step) {
    const Step& one = last_steps_[step % kStepsKept];
    const double seconds = Seconds(one.time - kStart);
    lines.push_back(StrCat(Fixed(seconds, 6), " s  ", name(one.actor), ": ", one.operation));
  }
  return lines;
}

}  // namespace lambdaml::sim
