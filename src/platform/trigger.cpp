// SPDX-License-Identifier: Apache-2.0
#include "platform/trigger.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"
#include "job/event.h"
#include "job/report.h"
#include "storage/registry.h"

namespace lambdaml {

namespace {

constexpr std::size_t kTailLinesMax = 4;
// Of all workers together: their last calls must fit into the trigger's answer.
constexpr std::size_t kLastCallsMax = 20'000;
// A rank that waits gives up less than this before its time is over.
constexpr Clock::Duration kLastSecond = std::chrono::seconds(1);

// What people can read of a log's last lines: events become their messages; lines of the platform are left out.
std::string ReadableTail(std::string_view log) {
  std::vector<std::string> lines;
  for (const std::string_view line : SplitText(log, '\n')) {
    const bool of_platform = line.starts_with("START ") || line.starts_with("END ") || line.starts_with("REPORT ");
    if (of_platform || Trim(line).empty()) continue;
    const Result<Event> event = ParseEvent(line);
    std::string text = event.ok() ? event.value().message : std::string(Trim(line));
    if (!text.empty()) lines.push_back(std::move(text));
  }
  if (lines.size() > kTailLinesMax) lines.erase(lines.begin(), lines.end() - kTailLinesMax);
  return JoinWith(" | ", lines);
}

// A worker's own Error keeps its code and says enough. A platform that ended the process knows how, seldom why: there
// the worker's last lines are told too.
Error WorkerFailed(std::size_t rank, const FunctionError& error, const Outcome& outcome) {
  std::string message = StrCat("worker ", rank, ": ", error.message);
  for (const Code code :
       {Code::kNotFound, Code::kConflict, Code::kUnavailable, Code::kTimeout, Code::kInvalid, Code::kInternal}) {
    if (error.type == Name(code)) return {code, std::move(message)};
  }
  const std::string tail = ReadableTail(outcome.log_tail);
  if (error.type != "Runtime.OutOfMemory" && !tail.empty()) message += StrCat("; its log ended with: ", tail);
  return {Code::kInternal, std::move(message)};
}

// How long the workers may take, so that there is still time to answer: a twentieth of what is left, at most 2 s.
Clock::Duration TimeForWorkers(const TriggerRuntime& runtime) {
  const Clock::Duration left = runtime.deadline - runtime.clock.Now();
  return left - std::min<Clock::Duration>(left / 20, std::chrono::seconds(2));
}

// When the trigger stops waiting for the workers, as its own clock and as theirs have it.
struct WorkersEnd {
  Clock::Time time;
  std::int64_t unix_ms;
};

WorkersEnd EndOfWorkers(const TriggerRuntime& runtime) {
  const Clock::Duration time = TimeForWorkers(runtime);
  return {.time = runtime.clock.Now() + time,
          .unix_ms = runtime.clock.UnixMs() + std::chrono::duration_cast<std::chrono::milliseconds>(time).count()};
}

class Gathering {
 public:
  Gathering(const JobInvocation& invocation, const TriggerRuntime& runtime, Clock::Time end, Store& channel)
      : invocation_(invocation),
        runtime_(runtime),
        end_(end),
        channel_(channel),
        reports_(static_cast<std::size_t>(invocation.spec.workers)) {}

  void Take(std::size_t rank, Result<Outcome> outcome) {
    if (!outcome.ok()) {
      const Error error = NotRun(rank, std::move(outcome).error());
      Note(rank, {.type = std::string(Name(error.code)), .message = error.message});
      Fail(error);
    } else if (!outcome.value().function_error.empty()) {
      FunctionError error = ParseFunctionError(outcome.value().payload);
      Fail(Explained(WorkerFailed(rank, error, outcome.value())));
      Note(rank, std::move(error));
    } else {
      reports_[rank] = std::move(outcome.value().payload);
    }
  }

  FunctionResult Reports() && {
    if (failure_) return ToFunctionError(*failure_, std::move(failures_));
    return StrCat("[", JoinWith(",", reports_), "]");
  }

 private:
  Error NotRun(std::size_t rank, Error error) const {
    if (error.code != Code::kTimeout) return std::move(error).Context(StrCat("worker ", rank));
    return {Code::kTimeout, TimeIsOver(StrCat("worker ", rank, " was still at work"))};
  }

  // A wait that lasted until the end says nothing of its cause: the round is longer than the functions live.
  Error Explained(Error error) const {
    if (error.code != Code::kTimeout || runtime_.clock.Now() < end_ - kLastSecond) return error;
    return {error.code, TimeIsOver(error.message)};
  }

  std::string TimeIsOver(std::string_view how) const {
    return StrCat("function.timeout_s (", invocation_.spec.function.timeout_s, ") was over within a round: raise it",
                  " (at most 900), add workers or make the batch smaller; ", how);
  }

  void Note(std::size_t rank, FunctionError error) {
    std::vector<std::string> calls = std::move(error.trace);
    const std::size_t kept = std::min(calls.size(), std::max<std::size_t>(1, kLastCallsMax / reports_.size()));
    calls.erase(calls.begin(), calls.end() - static_cast<std::ptrdiff_t>(kept));
    failures_.push_back(ToJson(Failure{
        .rank = static_cast<std::int64_t>(rank), .error = std::move(error.message), .last_calls = std::move(calls)}));
  }

  void Fail(Error error) {
    if (failure_) return;
    failure_ = std::move(error);
    const PutItem abort{.key = invocation_.AbortKey(), .value = AsBytes(failure_->message)};
    const Result<void> told = channel_.Put({&abort, 1});
    // Without the channel the others fail by their own deadlines; the cause stays the message that matters.
    if (!told.ok()) failure_->message += StrCat("; and the other workers could not be told: ", told.error().message);
  }

  const JobInvocation& invocation_;
  const TriggerRuntime& runtime_;
  const Clock::Time end_;
  Store& channel_;
  std::vector<std::string> reports_;
  std::optional<Error> failure_;       // the first one
  std::vector<std::string> failures_;  // all of them
};

std::vector<std::string> WorkerPayloads(JobInvocation invocation, std::int64_t deadline_unix_ms) {
  std::vector<std::string> payloads;
  invocation.part = JobInvocation::Part::kWorker;
  invocation.deadline_unix_ms = deadline_unix_ms;
  for (std::int64_t rank = 0; rank < invocation.spec.workers; ++rank) {
    invocation.rank = rank;
    payloads.push_back(ToJson(invocation));
  }
  return payloads;
}

}  // namespace

FunctionResult RunTrigger(const JobInvocation& invocation, const TriggerRuntime& runtime) {
  const auto channel = OpenStore(invocation.spec.channel, {.clock = runtime.clock, .environment = runtime.environment});
  if (!channel.ok()) return ToFunctionError(channel.error());
  Event event;
  event.unix_ms = runtime.clock.UnixMs();
  event.kind = "message";
  event.message = StrCat("starting ", invocation.spec.workers, " workers");
  runtime.log.Line(ToJson(event));

  const WorkersEnd end = EndOfWorkers(runtime);
  Gathering gathering(invocation, runtime, end.time, *channel.value());
  runtime.lambda.InvokeAll(
      WorkerPayloads(invocation, end.unix_ms), end.time - runtime.clock.Now(),
      [&gathering](std::size_t rank, Result<Outcome> outcome) { gathering.Take(rank, std::move(outcome)); });
  return std::move(gathering).Reports();
}

}  // namespace lambdaml
