// SPDX-License-Identifier: Apache-2.0
#include "platform/local/function.h"

#include <algorithm>
#include <ctime>

#include "base/text.h"

namespace lambdaml::local {

namespace {

constexpr int kEventAttempts = 3;
constexpr Clock::Duration kFirstRetryDelay = std::chrono::minutes(1);
constexpr Clock::Duration kThrottleDelayMin = std::chrono::seconds(1);
constexpr Clock::Duration kThrottleDelayMax = std::chrono::minutes(5);

// As a log stream is called: 2026/11/23/[$LATEST]0001.
std::string InstanceName(const Clock& clock, std::size_t number) {
  const std::time_t now = clock.UnixMs() / 1000;
  std::tm day{};
  gmtime_r(&now, &day);
  return StrCat(day.tm_year + 1900, "/", Padded(static_cast<std::uint64_t>(day.tm_mon) + 1, 2), "/",
                Padded(static_cast<std::uint64_t>(day.tm_mday), 2), "/[$LATEST]", Padded(number, 4));
}

}  // namespace

Function::Function(Setup setup, LogSink sink, Clock& clock)
    : setup_(std::move(setup)), sink_(std::move(sink)), clock_(clock) {}

Function::~Function() {
  Close();
  events_.clear();  // waits for the deliveries
  idle_.clear();    // and the sandboxes' processes
}

void Function::Close() {
  const std::lock_guard lock(mutex_);
  closing_ = true;
  closing_noted_.notify_all();
  for (const std::weak_ptr<Sandbox>& each : all_) {
    if (const std::shared_ptr<Sandbox> sandbox = each.lock()) sandbox->Delete();
  }
}

// Unique within this process's life and readable in a log; the form is the one of a UUID, as on AWS.
std::string Function::NewRequestId() {
  const std::lock_guard lock(mutex_);
  const std::string serial = Padded(++requests_, 12);
  const std::string time = Padded(static_cast<std::uint64_t>(clock_.UnixMs()) % 1'000'000'000'000U, 12);
  return StrCat(time.substr(0, 8), "-", time.substr(8), "-4000-8000-", serial);
}

Result<Outcome> Function::Invoke(std::string_view payload) { return InvokeAs(NewRequestId(), payload); }

Result<Outcome> Function::InvokeAs(std::string_view request_id, std::string_view payload) {
  const std::shared_ptr<Sandbox> sandbox = TRY(Acquire());
  Outcome outcome = sandbox->Invoke(request_id, payload);
  Release(sandbox);
  return outcome;
}

Result<std::shared_ptr<Sandbox>> Function::Acquire() {
  std::size_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    if (closing_) return Error{Code::kUnavailable, "the function is being deleted"};
    if (running_ >= setup_.options.reserved_concurrency) {
      return Error{Code::kUnavailable,
                   StrCat("Rate Exceeded: ", running_, " invocations are running, and no more may")};
    }
    ++running_;
    std::erase_if(idle_, [](const auto& sandbox) { return !sandbox->alive(); });
    if (!idle_.empty()) {
      std::shared_ptr<Sandbox> sandbox = std::move(idle_.back());
      idle_.pop_back();
      return sandbox;
    }
    number = ++sandboxes_started_;
  }
  Result<std::shared_ptr<Sandbox>> sandbox = StartSandbox(number);
  const std::lock_guard lock(mutex_);
  if (!sandbox.ok()) {
    --running_;
    return sandbox;
  }
  std::erase_if(all_, [](const auto& each) { return each.expired(); });
  all_.push_back(sandbox.value());
  if (closing_) sandbox.value()->Delete();
  return sandbox;
}

Result<std::shared_ptr<Sandbox>> Function::StartSandbox(std::size_t number) {
  SandboxSpec spec{.instance = InstanceName(clock_, number),
                   .function = setup_.name,
                   .limits = setup_.limits,
                   .command = setup_.options.launcher,
                   .task_folder = setup_.bootstrap.parent_path().string(),
                   .folder = setup_.folder / Padded(number, 4),
                   .environment = setup_.environment};
  spec.command.push_back(setup_.bootstrap.string());
  auto log = std::make_unique<SandboxLog>(spec.instance, sink_, sink_mutex_);
  return std::shared_ptr<Sandbox>(TRY(Sandbox::Start(std::move(spec), clock_, supervisor_, std::move(log))));
}

void Function::Release(const std::shared_ptr<Sandbox>& sandbox) {
  const std::lock_guard lock(mutex_);
  --running_;
  if (sandbox->alive() && !closing_) idle_.push_back(sandbox);
}

Result<void> Function::InvokeEvent(std::string_view payload) {
  const std::string request_id = NewRequestId();
  const std::lock_guard lock(mutex_);
  if (closing_) return Error{Code::kUnavailable, "the function is being deleted"};
  std::erase_if(events_, [](const EventDelivery& event) { return event.done.load(); });
  for (int i = 0; i < setup_.options.event_deliveries; ++i) {
    EventDelivery& event = events_.emplace_back();
    event.thread = std::jthread([this, &event, request_id, payload = std::string(payload)] {
      DeliverEvent(request_id, payload);
      event.done = true;
    });
  }
  return {};
}

void Function::DeliverEvent(const std::string& request_id, const std::string& payload) {
  Clock::Duration throttle_delay = kThrottleDelayMin;
  for (int attempt = 1;;) {
    const Result<Outcome> outcome = InvokeAs(request_id, payload);
    if (outcome.ok() && outcome.value().function_error.empty()) return;
    const Clock::Duration delay = outcome.ok() ? attempt * kFirstRetryDelay : throttle_delay;
    if (outcome.ok()) {
      if (++attempt > kEventAttempts) return;
    } else {
      throttle_delay = std::min(2 * throttle_delay, kThrottleDelayMax);
    }
    if (!Pause(delay)) return;
  }
}

// False if the function is being destroyed.
bool Function::Pause(Clock::Duration duration) {
  std::unique_lock lock(mutex_);
  return !closing_noted_.wait_for(lock, FromSeconds(Seconds(duration) * setup_.options.retry_delay_factor),
                                  [this] { return closing_; });
}

}  // namespace lambdaml::local
