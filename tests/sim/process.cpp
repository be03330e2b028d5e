// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/process.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/text.h"

namespace lambdaml::sim {

namespace {
// Far more than a killed process needs to notice.
constexpr std::uint64_t kPointsWhenDeadMax = 1'000'000;
}  // namespace

void Process::Kill() {
  killed_ = true;
  dead_now_ = scheduler_.now();
  for (const Actor actor : waiting_) scheduler_.Wake(actor);
}

Clock::Time Process::Now() const { return std::max(scheduler_.now(), dead_now_); }

void Process::Yield(std::string doing) {
  Pass([this, &doing] { scheduler_.Yield(std::move(doing)); });
}

void Process::SleepUntil(Clock::Time time, std::string doing) {
  Pass([this, time, &doing] { scheduler_.SleepUntil(time, std::move(doing)); });
  if (killed_) dead_now_ = std::max(dead_now_, time);
}

void Process::Block(Clock::Time deadline, std::string doing) {
  Pass([this, deadline, &doing] { scheduler_.Block(deadline, std::move(doing)); });
}

void Process::Pass(const std::function<void()>& wait) {
  if (const auto event = events_.find(points_++); event != events_.end() && !killed_) event->second();
  if (killed_) return PassDead();
  const Actor actor = scheduler_.current();
  waiting_.insert(actor);
  wait();
  while (!dead() && scheduler_.now() < paused_until_) scheduler_.SleepUntil(paused_until_, "stand still");
  waiting_.erase(actor);
}

// Others run meanwhile: what is left of this process may wait for them.
void Process::PassDead() {
  if (++points_when_dead_ > kPointsWhenDeadMax) {
    std::fprintf(stderr, "simulator: %s was killed and does not end\n", name_.c_str());
    std::abort();
  }
  scheduler_.Yield("is dead");
}

std::int64_t SimClock::UnixMs() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Now().time_since_epoch()).count();
}

void SimBackground::Start(Task task) {
  waiting_.push_back(std::move(task));
  if (threads_ < threads_max_) {
    ++threads_;
    process_.scheduler().Start(StrCat(process_.name(), " task"), [this] { Work(); });
  }
  process_.Yield("start a task");
}

void SimBackground::Work() {
  while (!waiting_.empty()) {
    Task task = std::move(waiting_.front());
    waiting_.pop_front();
    process_.Yield("begin a task");
    task();
    task = nullptr;  // what it holds goes before anybody hears that it has ended
    process_.Yield("end a task");
  }
  --threads_;
  for (const Actor actor : std::exchange(finishing_, {})) process_.scheduler().Wake(actor);
}

void SimBackground::Finish() {
  while (threads_ > 0) {
    finishing_.push_back(process_.scheduler().current());
    process_.scheduler().Block(Clock::Time::max(), "wait for its tasks");
  }
}

}  // namespace lambdaml::sim
