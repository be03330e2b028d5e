// SPDX-License-Identifier: Apache-2.0
#include "platform/local/sandbox.h"

#include <cmath>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "platform/function_error.h"

namespace lambdaml::local {

namespace {

constexpr Clock::Duration kInitTimeout = std::chrono::seconds(10);
constexpr std::string_view kRegion = "us-east-1";
constexpr double kMegabyte = 1024.0 * 1024.0;

std::string FunctionArn(std::string_view function) {
  return StrCat("arn:aws:lambda:", kRegion, ":000000000000:function:", function);
}

double Milliseconds(Clock::Duration duration) { return Seconds(duration) * 1000; }

// What Lambda sets for every function on an OS-only runtime, and nothing else of this machine.
std::vector<std::string> Variables(const SandboxSpec& spec, std::string_view runtime_api) {
  std::vector<std::string> variables = spec.environment;
  const auto set = [&variables](std::string_view name, std::string_view value) {
    variables.push_back(StrCat(name, "=", value));
  };
  set("_HANDLER", "bootstrap");
  set("AWS_LAMBDA_RUNTIME_API", runtime_api);
  set("AWS_LAMBDA_FUNCTION_NAME", spec.function);
  set("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
  set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", StrCat(spec.limits.memory_mb));
  set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
  set("AWS_LAMBDA_LOG_GROUP_NAME", StrCat("/aws/lambda/", spec.function));
  set("AWS_LAMBDA_LOG_STREAM_NAME", spec.instance);
  set("LAMBDA_TASK_ROOT", spec.task_folder);
  set("LAMBDA_RUNTIME_DIR", "/var/runtime");
  set("LD_LIBRARY_PATH", StrCat(spec.task_folder, ":", spec.task_folder, "/lib"));
  set("PATH", "/usr/local/bin:/usr/bin:/bin");
  set("TMPDIR", spec.folder.string());
  set("TZ", ":UTC");
  return variables;
}

}  // namespace

Sandbox::Sandbox(SandboxSpec spec, Clock& clock, std::unique_ptr<SandboxLog> log)
    : spec_(std::move(spec)), clock_(clock), log_(std::move(log)), started_(clock.Now()) {}

Result<std::unique_ptr<Sandbox>> Sandbox::Start(SandboxSpec spec, Clock& clock, Supervisor& supervisor,
                                                std::unique_ptr<SandboxLog> log) {
  std::unique_ptr<Sandbox> sandbox(new Sandbox(std::move(spec), clock, std::move(log)));
  const SandboxSpec& own = sandbox->spec_;
  std::error_code error;
  std::filesystem::create_directories(own.folder, error);
  if (error) return FileError("creating", own.folder, error.value());
  RuntimeExchange& exchange = sandbox->exchange_;
  sandbox->server_ =
      TRY(HttpServer::Start([&exchange](const HttpRequest& request) { return exchange.Serve(request); }));
  const ProcessSpec process{.command = own.command,
                            .environment = Variables(own, sandbox->server_->address()),
                            .folder = own.folder.string(),
                            .memory_bytes = own.limits.memory_mb * static_cast<std::int64_t>(kMegabyte)};
  sandbox->process_ = TRY(supervisor.Start(process, sandbox->MakeWatcher()));
  return sandbox;
}

Sandbox::~Sandbox() {
  if (process_) {
    Kill();
    AwaitExit();
  }
  exchange_.Close();
  server_.reset();
  std::error_code ignored;  // what cannot be removed is below the platform's folder, which tries again
  std::filesystem::remove_all(spec_.folder, ignored);
}

Watcher Sandbox::MakeWatcher() {
  return {.output = [this](Process& process) { log_->Drain(process.output_descriptor()); },
          .memory =
              [this](Process& process, std::int64_t bytes) {
                NoteMemory(bytes);
                if (out_of_memory_) process.Send(Signal::kKill);
              },
          .exited =
              [this](Process& process, const std::string& how) {
                log_->Drain(process.output_descriptor());
                log_->Flush();
                NoteExit(how);
              }};
}

void Sandbox::NoteMemory(std::int64_t bytes) {
  if (bytes > memory_peak_) memory_peak_ = bytes;
  if (static_cast<double>(bytes) > static_cast<double>(spec_.limits.memory_mb) * kMegabyte) out_of_memory_ = true;
}

void Sandbox::NoteExit(const std::string& how) {
  exited_ = true;
  exchange_.Close();
  // Notified under the lock: the sandbox may be destroyed as soon as the waiting thread goes on.
  const std::lock_guard lock(mutex_);
  how_it_ended_ = how;
  exit_noted_.notify_all();
}

void Sandbox::Delete() {
  if (!exited_) deleted_ = true;
  Kill();
}

void Sandbox::AwaitExit() {
  std::unique_lock lock(mutex_);
  exit_noted_.wait(lock, [this] { return !how_it_ended_.empty(); });
}

Outcome Sandbox::Invoke(std::string_view request_id, std::string_view payload) {
  Timing timing;
  Ended ended = Initialise(timing);
  if (ended == Ended::kAnswered) ended = Run(request_id, payload, timing);
  return Conclude(ended, request_id, timing);
}

// A warm sandbox is thawed; a cold one has to come up.
Sandbox::Ended Sandbox::Initialise(Timing& timing) {
  if (initialised_) {
    log_->BeginTail();
    process_->Send(Signal::kContinue);
    return exited_ ? Ended::kExited : Ended::kAnswered;
  }
  timing.cold = true;
  const RuntimeExchange::State state = exchange_.AwaitIdle(kInitTimeout);
  timing.init = clock_.Now() - started_;
  if (state == RuntimeExchange::State::kWaiting) return Ended::kTimeout;
  initialised_ = state == RuntimeExchange::State::kIdle;
  return initialised_ ? Ended::kAnswered : Ended::kExited;
}

Sandbox::Ended Sandbox::Run(std::string_view request_id, std::string_view payload, Timing& timing) {
  log_->Write(StrCat("START RequestId: ", request_id, " Version: $LATEST"));
  const Clock::Duration timeout = std::chrono::seconds(spec_.limits.timeout_s);
  const Clock::Time begin = clock_.Now();
  exchange_.Deliver({.request_id = std::string(request_id),
                     .payload = std::string(payload),
                     .deadline_unix_ms = clock_.UnixMs() + spec_.limits.timeout_s * 1000,
                     .function_arn = FunctionArn(spec_.function)});
  // The invocation is over when the runtime asks for the next one, so that a caller who comes back finds it idle.
  const RuntimeExchange::State state = exchange_.AwaitIdle(timeout);
  timing.run = clock_.Now() - begin;
  switch (state) {
    case RuntimeExchange::State::kIdle: return Ended::kAnswered;
    case RuntimeExchange::State::kClosed: return Ended::kExited;
    case RuntimeExchange::State::kWaiting: return Ended::kTimeout;
  }
  return Ended::kExited;
}

Outcome Sandbox::Conclude(Ended ended, std::string_view request_id, const Timing& timing) {
  if (ended == Ended::kAnswered) {
    NoteMemory(process_->MemoryBytes());
    log_->Drain(process_->output_descriptor());
    process_->Send(Signal::kStop);
  } else {
    Kill();
    AwaitExit();
  }
  Outcome outcome;
  std::optional<Report> report = exchange_.TakeReport();
  if (!report || report->failed) outcome.function_error = "Unhandled";
  if (report) {
    outcome.payload = std::move(report->payload);
  } else {
    const FunctionError error = Failure(ended, initialised_);
    if (!deleted_) log_->Write(StrCat("RequestId: ", request_id, " Error: ", error.message));
    outcome.payload = ToJson(FunctionError{error.type, StrCat("RequestId: ", request_id, " Error: ", error.message)});
  }
  const bool is_error = !outcome.function_error.empty() && !(deleted_ && ended == Ended::kExited);
  LogReport(request_id, timing, is_error ? ParseFunctionError(outcome.payload).type : "");
  outcome.log_tail = log_->tail();
  return outcome;
}

FunctionError Sandbox::Failure(Ended ended, bool initialised) {
  if (out_of_memory_) {
    return {"Runtime.OutOfMemory",
            StrCat("Runtime exited with error: signal: killed: it used ",
                   Fixed(std::ceil(static_cast<double>(memory_peak_) / kMegabyte), 0), " MB of memory and may use ",
                   spec_.limits.memory_mb, " MB; raise function.memory_mb")};
  }
  if (ended == Ended::kTimeout) {
    const double limit = initialised ? static_cast<double>(spec_.limits.timeout_s) : Seconds(kInitTimeout);
    return {"Sandbox.Timeout", StrCat(initialised ? "Task" : "Init", " timed out after ", Fixed(limit, 2), " seconds")};
  }
  const std::lock_guard lock(mutex_);
  std::string message = StrCat("Runtime exited with error: ", how_it_ended_);
  // What the C++ library prints when the bound on reserved memory has refused an allocation.
  if (log_->tail().find("std::bad_alloc") != std::string::npos) {
    return {"Runtime.OutOfMemory", StrCat(message, ": it asked for more memory than its ", spec_.limits.memory_mb,
                                          " MB; raise function.memory_mb")};
  }
  return {"Runtime.ExitError", std::move(message)};
}

// Of one that failed the line ends as Lambda's does.
void Sandbox::LogReport(std::string_view request_id, const Timing& timing, std::string_view error) {
  log_->Write(StrCat("END RequestId: ", request_id));
  std::string line =
      StrCat("REPORT RequestId: ", request_id, "\tDuration: ", Fixed(Milliseconds(timing.run), 2),
             " ms\tBilled Duration: ", Fixed(std::ceil(Milliseconds(timing.run + timing.init)), 0),
             " ms\tMemory Size: ", spec_.limits.memory_mb,
             " MB\tMax Memory Used: ", Fixed(std::ceil(static_cast<double>(memory_peak_) / kMegabyte), 0), " MB");
  if (timing.cold) line += StrCat("\tInit Duration: ", Fixed(Milliseconds(timing.init), 2), " ms");
  if (error == "Sandbox.Timeout") line += "\tStatus: timeout";
  if (!error.empty() && error != "Sandbox.Timeout") line += StrCat("\tStatus: error\tError Type: ", error);
  log_->Write(line);
}

}  // namespace lambdaml::local
