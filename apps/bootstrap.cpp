// SPDX-License-Identifier: Apache-2.0

// The function's program, the same on AWS and on the local platform: takes invocations from the Lambda Runtime API and
// is the trigger or a worker of a job, as each one says. Everything the process owns is visible here.

#include <unistd.h>

#include <csignal>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "base/environment.h"
#include "base/log.h"
#include "coordination/runtime.h"
#include "job/invocation.h"
#include "platform/lambda_client.h"
#include "platform/runtime/runtime_client.h"
#include "platform/trigger.h"
#include "storage/registry.h"
#include "worker/run.h"

namespace lambdaml {

namespace {

// What the function reaches the world through, for as long as the process lives.
class World {
 public:
  World(const Environment& environment, Log& log, LambdaClient& lambda)
      : environment_(environment), log_(log), lambda_(lambda) {}

  FunctionRuntime RuntimeOf(const Invocation& invocation) {
    return {.clock = clock_,
            .log = log_,
            .open_store =
                [this](std::string_view url, StoreMeter* meter) {
                  return OpenStore(url, {.clock = clock_, .environment = environment_, .meter = meter});
                },
            .make_background = MakeBackground,
            .invoke =
                [this](std::span<const std::string> payloads) {
                  const std::lock_guard lock(mutex_);
                  return lambda_.InvokeEvents(payloads);
                },
            .instance = environment_.Get("AWS_LAMBDA_LOG_STREAM_NAME"),
            .arrived = clock_.Now(),
            .deadline = invocation.Deadline(clock_),
            .cold_start = std::exchange(cold_, false)};
  }

 private:
  SystemClock clock_;
  const Environment& environment_;
  Log& log_;
  std::mutex mutex_;  // of the client
  LambdaClient& lambda_;
  bool cold_ = true;
};

Error Serve(const Environment& environment, Log& log) {
  const Result<std::string> runtime_api = environment.Require("AWS_LAMBDA_RUNTIME_API");
  const Result<std::string> endpoint = environment.Require("AWS_ENDPOINT_URL_LAMBDA");
  const Result<std::string> name = environment.Require("AWS_LAMBDA_FUNCTION_NAME");
  for (const Result<std::string>* needed : {&runtime_api, &endpoint, &name}) {
    if (!needed->ok()) return Error(needed->error()).Context("this program is started by a function platform");
  }
  LambdaClient lambda(endpoint.value(), name.value());
  World world(environment, log, lambda);
  RuntimeClient runtime(runtime_api.value());
  return runtime.Serve([&](const Invocation& invocation) -> FunctionResult {
    const Result<JobInvocation> job = ParseJobInvocation(invocation.payload);
    if (!job.ok()) return ToFunctionError(job.error());
    const FunctionRuntime function = world.RuntimeOf(invocation);
    const bool is_worker = job.value().part == JobInvocation::Part::kWorker;
    return NoteToFunctionResult(is_worker ? RunWorker(job.value(), function) : RunTrigger(job.value(), function));
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
