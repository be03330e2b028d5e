// SPDX-License-Identifier: Apache-2.0
#include "worker/progress.h"

#include <algorithm>

#include "base/text.h"

namespace lambdaml {

namespace {
using namespace std::chrono_literals;
constexpr Clock::Duration kRoundInterval = 200ms;
}  // namespace

Progress::Progress(const JobInvocation& invocation, const FunctionRuntime& runtime)
    : invocation_(invocation), runtime_(runtime) {
  const std::int64_t launched = invocation.launched_unix_ms;
  if (launched > 0) start_seconds_ = std::max(0.0, static_cast<double>(runtime.clock.UnixMs() - launched) * 1e-3);
}

Event Progress::NewEvent(std::string_view kind) const {
  Event event;
  event.unix_ms = runtime_.clock.UnixMs();
  event.rank = invocation_.rank;
  event.kind = kind;
  event.epochs_total = epochs_total_;
  return event;
}

void Progress::Loaded(const Share& share, double seconds) {
  Event event = NewEvent("loaded");
  event.message =
      StrCat("loaded ", HumanCount(static_cast<std::int64_t>(share.train.rows())), " rows in ", HumanSeconds(seconds));
  runtime_.log.Line(ToJson(event));
}

bool Progress::RoundIsDue() const { return runtime_.clock.Now() >= next_round_; }

void Progress::AfterRound(const CurvePoint& point, const PhaseSeconds& seconds, const StoreUse& use) {
  Tell(point, seconds, use, "round");
}

void Progress::AfterEpoch(const CurvePoint& point, const PhaseSeconds& seconds, const StoreUse& use) {
  if (invocation_.rank == 0) Tell(point, seconds, use, "epoch");
}

void Progress::Tell(const CurvePoint& point, const PhaseSeconds& seconds, const StoreUse& use, std::string_view kind) {
  next_round_ = runtime_.clock.Now() + kRoundInterval;
  Event event = NewEvent(kind);
  event.point = point;
  event.seconds = seconds;
  event.bytes_sent = static_cast<std::int64_t>(use.bytes_written);
  event.bytes_received = static_cast<std::int64_t>(use.bytes_read);
  runtime_.log.Line(ToJson(event));
}

void Progress::Ended(const WorkerReport& report) {
  Event event = NewEvent("ended");
  event.message = StrCat("ended after ", report.rounds, " rounds: ", Name(report.ending));
  event.seconds = report.seconds;
  event.bytes_sent = report.bytes_sent;
  event.bytes_received = report.bytes_received;
  runtime_.log.Line(ToJson(event));
}

}  // namespace lambdaml
