// SPDX-License-Identifier: Apache-2.0

// The function's program, the same on AWS and on the local platform: takes invocations from the Lambda Runtime API and
// is the trigger or a worker of a job, as each one says. Everything the process owns is visible here.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include "base/clock.h"
#include "base/environment.h"
#include "base/log.h"
#include "job/invocation.h"
#include "platform/lambda_client.h"
#include "platform/runtime/runtime_client.h"
#include "platform/trigger.h"
#include "worker/run.h"

namespace lambdaml {

namespace {

FunctionResult RunAsWorker(const JobInvocation& job, const WorkerRuntime& runtime) {
  WorkerEnd end = RunWorker(job, runtime);
  if (!end.report.ok()) return ToFunctionError(end.report.error(), std::move(end.last_calls));
  return ToJson(end.report.value());
}

FunctionResult RunAsTrigger(const JobInvocation& job, const WorkerRuntime& runtime, const Environment& environment) {
  const Result<std::string> endpoint = environment.Require("AWS_ENDPOINT_URL_LAMBDA");
  const Result<std::string> name = environment.Require("AWS_LAMBDA_FUNCTION_NAME");
  if (!endpoint.ok()) return ToFunctionError(endpoint.error());
  if (!name.ok()) return ToFunctionError(name.error());
  LambdaClient lambda(endpoint.value(), name.value());
  return RunTrigger(job, {.clock = runtime.clock,
                          .log = runtime.log,
                          .environment = environment,
                          .lambda = lambda,
                          .deadline = runtime.deadline});
}

// A worker's time ends with the trigger's, which was invoked before it.
Clock::Time DeadlineOf(const JobInvocation& job, const Invocation& invocation, const Clock& clock) {
  const Clock::Time own = invocation.Deadline(clock);
  if (job.deadline_unix_ms == 0) return own;
  return std::min(own, clock.Now() + std::chrono::milliseconds(job.deadline_unix_ms - clock.UnixMs()));
}

Error Serve(const Environment& environment, Log& log) {
  SystemClock clock;
  const Result<std::string> endpoint = environment.Require("AWS_LAMBDA_RUNTIME_API");
  if (!endpoint.ok()) return Error(endpoint.error()).Context("this program is started by a function platform");
  RuntimeClient runtime(endpoint.value());
  bool cold = true;
  return runtime.Serve([&](const Invocation& invocation) -> FunctionResult {
    const Result<JobInvocation> parsed = ParseJobInvocation(invocation.payload);
    if (!parsed.ok()) return ToFunctionError(parsed.error());
    const JobInvocation& job = parsed.value();
    const WorkerRuntime worker{.clock = clock,
                               .log = log,
                               .environment = environment,
                               .arrived = clock.Now(),
                               .deadline = DeadlineOf(job, invocation, clock),
                               .cold_start = std::exchange(cold, false)};
    return job.part == JobInvocation::Part::kWorker ? RunAsWorker(job, worker) : RunAsTrigger(job, worker, environment);
  });
}

}  // namespace

}  // namespace lambdaml

int main() {
  // A peer that closes its end of a connection is an error of a write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  lambdaml::DescriptorLog log(STDOUT_FILENO);
  const lambdaml::Error end = lambdaml::Serve(lambdaml::Environment::OfProcess(), log);
  log.Line(end.message);
  return 1;
}
